import { clearSession, destroySession, getSession } from "ironkeep/h3";
import { createSessions } from "ironkeep/sessions";
import type { StoredRecord } from "ironkeep/store";
import { isDeletion } from "../h3/_cookies.ts";
import { describeMatrix } from "../h3/_matrix.ts";
import { read, setup, visitor } from "./_routes.ts";
import { MapStore, PASSWORD } from "./_stores.ts";

/** A store whose records cannot be read once `isBroken`: it says so itself, or what it gives is no JSON. */
class BrokenStore extends MapStore {
  isBroken: "by the store" | "by its data" | undefined;

  override async load(...args: Parameters<MapStore["load"]>): ReturnType<MapStore["load"]> {
    const loaded = await super.load(...args);
    if (this.isBroken === undefined || loaded.outcome !== "found") return loaded;
    if (this.isBroken === "by its data") {
      return { outcome: "found", record: { ...loaded.record, data: '{"data"' } satisfies StoredRecord };
    }
    throw Object.assign(new Error("The store holds a session that cannot be read"), { code: "ERR_STORE_CORRUPT" });
  }
}

describeMatrix("a stored session whose record cannot be read", (t, { it, expect }) => {
  for (const how of ["by the store", "by its data"] as const) {
    for (const [verb, end] of Object.entries({ clearSession, destroySession })) {
      for (const reads of [false, true]) {
        const title = `${how}, is ended by ${verb}${reads ? " after a read that failed" : ""}`;
        it(title, async () => {
          const broken = new BrokenStore();
          const { config, store } = setup(t, {}, broken);
          t.route("/end", async (event) => {
            if (reads) await getSession(event, config).catch(() => undefined);
            await end(event, config);
            return "done";
          });
          const browser = await visitor(t);
          const copy = t.browser(browser.jar.clone());
          broken.isBroken = how;
          expect((await browser.request("/read")).status).toBe(500);
          store.calls = [];
          const reply = await browser.request("/end");
          expect([reply.status, reply.cookies.map(isDeletion)]).toEqual([200, [true]]);
          expect(store.calls).toEqual(reads ? ["load", "delete"] : ["delete"]);
          broken.isBroken = undefined;
          expect(await read(copy)).toEqual({ data: {} });
          expect((await copy.request("/visit")).status).toBe(401);
        });
      }
    }
  }

  it("is ended by its id, and told to who listens", async () => {
    const broken = new BrokenStore();
    setup(t, {}, broken);
    const sessions = createSessions({ store: broken, password: PASSWORD });
    const { id } = await visitor(t);
    broken.isBroken = "by the store";
    const ended: unknown[] = [];
    sessions.on("destroyed", (event) => ended.push(event.id));
    expect(await sessions.delete(id)).toBe(true);
    expect(ended).toEqual([id]);
  });
});
