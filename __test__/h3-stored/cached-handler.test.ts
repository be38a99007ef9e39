import {
  clearSession,
  csrfToken,
  destroySession,
  flashSession,
  getSession,
  regenerateSession,
  replaceSession,
  sealSession,
  type SessionConfig,
  type SessionEvent,
  touchSession,
  updateSession,
  useSession,
} from "ironkeep/h3";
import { cached } from "../h3/_cached.ts";
import { describeMatrix } from "../h3/_matrix.ts";
import { captureWarnings } from "../h3/_warnings.ts";
import { read, setup, visitor } from "./_routes.ts";

type Helper = (event: SessionEvent, config: SessionConfig) => Promise<unknown>;

const HELPERS: Readonly<Record<string, Helper>> = {
  clearSession,
  csrfToken,
  destroySession,
  "flashSession, reading": (event, config) => flashSession(event, config, "note"),
  "flashSession, writing": (event, config) => flashSession(event, config, "note", "x"),
  getSession,
  regenerateSession: (event, config) => regenerateSession(event, config, { userId: "eve" }),
  replaceSession: (event, config) => replaceSession(event, config, { cached: true }),
  sealSession,
  touchSession,
  updateSession: (event, config) => updateSession(event, config, { cached: true }),
  useSession,
};

describeMatrix("a stored session inside a cached handler", (t, { it, expect }) => {
  for (const [name, helper] of Object.entries(HELPERS)) {
    it(`is nothing to ${name}: the store is asked by the middleware alone, and no cookie is set`, async () => {
      captureWarnings();
      const { store, config } = setup(t, { idleTimeout: 100 });
      const given: unknown[] = [];
      const handler = async (event: SessionEvent) => {
        given.push(await helper(event, config));
        return "answer";
      };
      // As a middleware of the app does: in process, the request that is put into an event of h3 2 is told by that alone.
      t.middleware(async (event) => {
        await useSession(event, config);
      });
      t.route("/cached", cached(handler));
      t.route("/prerendered", handler);
      const browser = await visitor(t);
      store.calls.length = 0;
      const replies = [
        await browser.request("/cached"),
        await browser.request("/prerendered", { headers: { "x-nitro-prerender": "/prerendered" } }),
      ];
      expect(replies.map(({ status, setCookies }) => [status, setCookies])).toEqual([
        [200, []],
        [200, []],
      ]);
      expect(store.calls).toEqual(["load"]);
      for (const value of given) expect(JSON.stringify(value) ?? "").not.toContain(browser.id);
      expect(await read(browser)).toEqual({ id: browser.id, data: { visits: 1 } });
    });
  }

  it("is not that which the handler around it opened", async () => {
    captureWarnings();
    const { config } = setup(t);
    t.middleware(async (event) => {
      await useSession(event, config);
    });
    t.route(
      "/cached",
      cached(async (event) => {
        const { id, data } = await useSession(event, config);
        return { id: id ?? null, data };
      }),
    );
    const browser = await visitor(t);
    const reply = await browser.request("/cached");
    expect(reply.json()).toEqual({ id: null, data: {} });
  });
});
