import { createKeyring } from "ironkeep";
import { updateSession, useSession } from "ironkeep/h3";
import { createStore } from "ironkeep/store";
import { vi } from "vitest";
import type { Reply } from "../h3/_http.ts";
import { describeMatrix } from "../h3/_matrix.ts";
import { captureWarnings } from "../h3/_warnings.ts";
import { read, setup, visitor } from "./_routes.ts";
import { PASSWORD } from "./_stores.ts";

const PATHS = ["/read", "/visit", "/sign-in", "/sign-out", "/flash", "/flashed"] as const;
/** Milliseconds: what a busy machine may add to a deadline. Without one the test would hang until its own. */
const SLACK = 2000;

describeMatrix("an outage of stored sessions", (t, { it, expect }) => {
  const expectOutage = (path: string, reply: Reply) => {
    expect([path, reply.status]).toEqual([path, 503]);
    expect(reply.headers.get("retry-after")).toBe("1");
    expect(reply.setCookies).toEqual([]);
    expect(reply.text).not.toContain("visits");
  };

  for (const fault of ["closed", "hangs", "throws"] as const) {
    it(`signs nobody out and begins no session: a store that ${fault}`, async () => {
      const { store } = setup(t, { deadline: 20 });
      const browser = await visitor(t);
      const before = browser.jar.header();
      store.fault = fault;
      for (const path of PATHS) {
        const started = performance.now();
        expectOutage(path, await browser.request(path));
        expect(performance.now() - started).toBeLessThan(SLACK);
      }
      store.fault = undefined;
      expect(browser.jar.header()).toBe(before);
      expect(await read(browser)).toMatchObject({ id: browser.id, data: { visits: 1 } });
    });
  }

  it("begins no session for a visitor without one", async () => {
    const { store } = setup(t, { deadline: 20 });
    store.fault = "throws";
    for (const path of ["/visit", "/sign-in", "/flash"]) expectOutage(path, await t.request(path));
  });

  for (const verb of ["clear", "flash", "regenerate", "replace", "update"] as const) {
    it(`that begins between the read and ${verb} leaves the session as it was`, async () => {
      const { store, config } = setup(t, { deadline: 20 });
      t.route("/half", async (event) => {
        const session = await useSession(event, config);
        store.fault = "throws";
        if (verb === "flash") await session.flash("note", "half");
        else if (verb === "regenerate") await session.regenerate({ userId: "ada" });
        else await session[verb]({ half: true });
        return "done";
      });
      const browser = await visitor(t);
      expectOutage(verb, await browser.request("/half"));
      store.fault = undefined;
      expect(await read(browser)).toEqual({ id: browser.id, data: { visits: 1 } });
    });
  }

  it("of the touch alone is none: the session was there a moment ago", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const { store } = setup(t, { deadline: 20, idleTimeout: 100 });
    const browser = await visitor(t);
    vi.setSystemTime(Date.now() + 50_000);
    store.fails = "touch";
    store.calls.length = 0;
    expect(await read(browser)).toMatchObject({ data: { visits: 1 } });
    expect(store.calls).toEqual(["load", "touch"]);
  });

  it("of the keys is an outage too, and stores nothing under an id that cannot be signed", async () => {
    captureWarnings();
    const source = { isDown: true };
    const keys = () => (source.isDown ? Promise.reject(new Error("down")) : [{ id: "k1", secret: PASSWORD }]);
    const ring = createKeyring({ keys, refreshInterval: 0 });
    try {
      const { store } = setup(t, { password: ring });
      for (const path of ["/visit", "/sign-in"]) expectOutage(path, await t.request(path));
      expect(store.calls).toEqual([]);
      source.isDown = false;
      await ring.refresh();
      const browser = await visitor(t);
      source.isDown = true;
      const unread = createKeyring({ keys, refreshInterval: 0 });
      t.route("/unread", async (event) => (await useSession(event, { password: unread, store })).data);
      const reply = await browser.request("/unread");
      unread.close();
      expectOutage("/unread", reply);
      expect(await read(browser)).toMatchObject({ data: { visits: 1 } });
    } finally {
      ring.close();
    }
  });

  it("shows nothing of what the store said", async () => {
    const { store, config } = setup(t);
    t.route("/write", async (event) => (await updateSession(event, config, { secret: 1 })).data);
    const browser = await visitor(t);
    store.fault = "throws";
    const reply = await browser.request("/write");
    expect(reply.text).not.toContain("no route");
    expect([...t.errors.map(String), ...t.logged].join(" ")).not.toContain("no route");
  });

  it("names no server of ours to a visitor, and does to whoever looks for its cause", async () => {
    const { config } = setup(t);
    const store = createStore({ driver: "redis", url: "redis://127.0.0.1:1", deadline: 100 });
    const unreached = { ...config, store };
    const causes: unknown[] = [];
    t.route("/write", async (event) => {
      const written = updateSession(event, unreached, { visits: 1 });
      written.catch((error: unknown) => causes.push((error as Error).cause));
      return (await written).data;
    });
    const reply = await t.request("/write");
    await store.close();
    expectOutage("/write", reply);
    expect([reply.text, ...t.errors.map(String)].join(" ")).not.toMatch(/redis|127\.0/i);
    expect(String(causes[0])).toMatch(/Redis does not take connections|did not answer/);
  });
});
