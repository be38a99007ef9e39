import { inspect } from "node:util";
import type { SessionConfig } from "ironkeep/h3";
import { getSession, replaceSession, touchSession, useSession } from "ironkeep/h3";
import { vi } from "vitest";
import { isDeletion } from "./_cookies.ts";
import type { Browser, MatrixContext } from "./_matrix.ts";
import { describeMatrix } from "./_matrix.ts";
import { PASSWORD } from "./_passwords.ts";
import type { Seen } from "./_routes.ts";
import { seen, sessionRoutes } from "./_routes.ts";
import { makeSeal, openSeal } from "./_seals.ts";

const config: SessionConfig = { password: PASSWORD };
const NOW = Date.UTC(2026, 0, 15, 12, 0, 0);
const STORED = { id: "s1", createdAt: NOW, data: { a: 1, b: { c: 2 } } };

async function browserWith(t: MatrixContext, payload: object = STORED): Promise<Browser> {
  const browser = t.browser();
  browser.jar.set("h3", await makeSeal(payload, PASSWORD, { generation: t.major }));
  return browser;
}

describeMatrix("the manager", (t, { it, expect }) => {
  it("can be taken apart, as h3's", async () => {
    t.route("/", async (event) => {
      const session = await useSession(event, config);
      const { id, data, update, replace, regenerate, touch, flash, clear, destroy } = session;
      const { userId, authenticatedAt } = session;
      expect([id, data["a"], userId, authenticatedAt]).toEqual(["s1", 1, undefined, undefined]);
      expect(await update({ n: 1 })).toBe(session);
      expect(await replace({ n: 2 })).toBe(session);
      expect(await regenerate({ userId: "u1" })).toBe(session);
      expect(await touch()).toBe(session);
      expect(await flash("notice", "hello")).toBe(session);
      expect(await flash("notice")).toBe("hello");
      const told = { ...seen(session), userId: session.userId };
      expect(await destroy()).toBe(session);
      expect(await clear()).toBe(session);
      return told;
    });
    const reply = await (await browserWith(t)).request("/");
    expect(reply.json<Seen>()).toEqual({ id: expect.any(String) as string, data: { n: 2 }, userId: "u1" });
    expect(isDeletion(reply.cookie("h3"))).toBe(true);
  });

  it("has h3's own keys, also when it is spread, and shows nothing else to a logger", async () => {
    t.route("/", async (event) => {
      const session = await useSession(event, config);
      expect(Object.keys(session)).toEqual(["id", "data", "update", "clear"]);
      expect(inspect(session, { showHidden: true, depth: 9 })).not.toMatch(/password|s1/);
      const { update, ...rest } = { ...session };
      await update({ spread: true });
      return rest;
    });
    const told = { id: "s1", data: { ...STORED.data, spread: true } };
    expect((await (await browserWith(t)).request("/")).json()).toEqual(told);
  });

  it("is answered as h3's, by its id and data", async () => {
    t.route("/", (event) => useSession(event, config));
    expect((await (await browserWith(t)).request("/")).json()).toEqual({ id: "s1", data: STORED.data });
  });

  it("shows what other helpers did to the session meanwhile", async () => {
    t.route("/", async (event) => {
      const session = await useSession(event, config);
      await replaceSession(event, config, { other: true });
      return session.data;
    });
    expect((await (await browserWith(t)).request("/")).json()).toEqual({ other: true });
  });
});

describeMatrix("replace", (t, { it, expect }) => {
  it("is exactly the data, in the answer and in the cookie, and the session stays the same", async () => {
    t.route("/", async (event) => seen(await (await useSession(event, config)).replace({ b: 3 })));
    const browser = await browserWith(t);
    const reply = await browser.request("/");
    expect(reply.json<Seen>()).toEqual({ id: "s1", data: { b: 3 } });
    const { payload } = await openSeal(browser.jar.value("h3"), PASSWORD);
    expect(payload).toEqual({ ...STORED, data: { b: 3 } });
  });

  it("keeps the object, so that who holds it sees it", async () => {
    t.route("/", async (event) => {
      const session = await useSession(event, config);
      const { data } = session;
      await session.replace({ fresh: true });
      await session.replace(data);
      return data === session.data && { ...data };
    });
    expect((await (await browserWith(t)).request("/")).json()).toEqual({ fresh: true });
  });

  it("waits for an async updater, whose result it then replaces", async () => {
    t.route("/", async (event) => {
      const session = await useSession(event, config);
      let finish = (): void => {};
      const held = new Promise<void>((resolve) => (finish = resolve));
      const updating = session.update(async () => held.then(() => ({ late: true })));
      const replacing = session.replace({ only: "this" });
      finish();
      await Promise.all([updating, replacing]);
      return session.data;
    });
    const browser = await browserWith(t);
    expect((await browser.request("/")).json()).toEqual({ only: "this" });
  });

  it("takes nothing but an object", async () => {
    t.route("/", async (event) => {
      const session = await useSession(event, config);
      for (const data of [undefined, null, "text", 5, ["list"]]) {
        await expect(session.replace(data as object)).rejects.toMatchObject({ code: "ERR_CONFIG" });
      }
      return session.data;
    });
    const reply = await (await browserWith(t)).request("/");
    expect(reply.json()).toEqual(STORED.data);
    expect(reply.setCookies).toEqual([]);
  });
});

describeMatrix("touch", (t, { it, expect }) => {
  const sliding: SessionConfig = { ...config, idleTimeout: 100 };

  it("slides now, long before half of idleTimeout has passed, and by nothing else", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOW });
    t.route("/", async (event) => (await useSession(event, sliding)).touch().then(() => "ok"));
    const browser = await browserWith(t, { ...STORED, lastSeenAt: NOW });
    vi.setSystemTime(NOW + 5000);
    const reply = await browser.request("/");
    expect(Date.parse(reply.cookie("h3").attributes.get("expires") ?? "")).toBe(NOW + 105_000);
    const { payload } = await openSeal(browser.jar.value("h3"), PASSWORD);
    expect(payload).toEqual({ ...STORED, lastSeenAt: NOW + 5000 });
  });

  it("does nothing without idleTimeout, whether there is a maxAge or not", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOW });
    for (const maxAge of [undefined, 3600]) {
      t.route(`/${maxAge}`, async (event) => touchSession(event, { ...config, maxAge }).then(() => "ok"));
      const reply = await (await browserWith(t)).request(`/${maxAge}`);
      expect(reply.text).toBe("ok");
      expect(reply.setCookies).toEqual([]);
    }
  });

  it("starts no session: not an anonymous visitor's, nor after a clear", async () => {
    t.route("/anonymous", async (event) => touchSession(event, sliding).then(() => "ok"));
    t.route("/cleared", async (event) => {
      const session = await useSession(event, sliding);
      await session.clear();
      await session.touch();
      return session.id ?? "none";
    });
    expect((await t.request("/anonymous")).setCookies).toEqual([]);
    const reply = await (await browserWith(t, { ...STORED, createdAt: Date.now() })).request("/cleared");
    expect(reply.text).toBe("none");
    expect(isDeletion(reply.cookie("h3"))).toBe(true);
  });
});

describeMatrix("destroy", (t, { it, expect }) => {
  it("ends the session and deletes its cookie", async () => {
    t.route("/", async (event) => seen(await (await useSession(event, config)).destroy()));
    const browser = await browserWith(t);
    const reply = await browser.request("/");
    expect(reply.json<Seen>()).toEqual({ data: {} });
    expect(isDeletion(reply.cookie("h3"))).toBe(true);
    expect(browser.jar.names).toEqual([]);
  });

  it("a write after it is a new session without old data", async () => {
    t.route("/", async (event) => {
      const session = await useSession(event, config);
      await session.destroy();
      await session.update({ notice: "signed out" });
      return seen(session);
    });
    sessionRoutes(t, config);
    const browser = await browserWith(t);
    const { id, data } = (await browser.request("/")).json<Seen>();
    expect(data).toEqual({ notice: "signed out" });
    expect(id).not.toBe("s1");
    expect((await browser.request("/get")).json<Seen>()).toEqual({ id, data });
  });

  it("what is only read after it starts nothing", async () => {
    t.route("/", async (event) => {
      const session = await useSession(event, config);
      await session.destroy();
      const taken = await session.flash("notice");
      return { taken: taken ?? null, id: session.id ?? null, data: (await getSession(event, config)).data };
    });
    const reply = await (await browserWith(t, { ...STORED, flash: { notice: "old" } })).request("/");
    expect(reply.json()).toEqual({ taken: null, id: null, data: {} });
    expect(isDeletion(reply.cookie("h3"))).toBe(true);
  });
});
