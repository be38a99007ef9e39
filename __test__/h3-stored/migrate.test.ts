import { createKeyring } from "ironkeep";
import { clearSession, type SessionConfig, updateSession, useSession } from "ironkeep/h3";
import * as v1 from "h3-v1";
import * as v2 from "h3-v2";
import { createSessions } from "ironkeep/sessions";
import { vi } from "vitest";
import { z } from "zod";
import { isDeletion } from "../h3/_cookies.ts";
import { type Handler, describeMatrix } from "../h3/_matrix.ts";
import { makeSeal } from "../h3/_seals.ts";
import { captureWarnings } from "../h3/_warnings.ts";
import { read, type Seen, setup } from "./_routes.ts";
import { OTHER_PASSWORD, PASSWORD } from "./_stores.ts";

const SOON = () => Date.now() + 60_000;
/** More than one cookie holds. */
const LONG = "x".repeat(6000);

describeMatrix("sealed sessions that become stored ones", (t, { it, expect }) => {
  const update = { user: "ada" };
  const h3Own: Handler = async (event) =>
    t.major === 1
      ? (await v1.updateSession(event as v1.H3Event, { password: PASSWORD }, update)).id
      : (await v2.updateSession(event as v2.H3Event, { password: PASSWORD }, update)).id;
  const chunked: Handler = async (event) =>
    (await v2.updateSession(event as v2.H3Event, { password: PASSWORD }, { ...update, long: LONG })).id;
  const ours =
    (more: Partial<SessionConfig>, data: object = update): Handler =>
    async (event) =>
      (await updateSession(event, { password: PASSWORD, ...more }, data)).id;

  const ring = () => createKeyring([{ id: "k1", secret: PASSWORD }]);
  const SOURCES: Readonly<Record<string, { seal: Handler; config?: () => Partial<SessionConfig> }>> = {
    "h3's own": { seal: h3Own },
    "Ironkeep's, of either generation": { seal: ours({ generation: 1 }) },
    "Ironkeep's, of 8192 iterations": { seal: ours({ generation: 2 }) },
    "chunked ones": { seal: t.major === 2 ? chunked : ours({}, { ...update, long: LONG }) },
    "ik1's": {
      seal: (event) => ours({ password: ring(), seal: { format: "ik1" } })(event),
      config: () => ({ password: ring(), seal: { format: "ik1" } }),
    },
    "a ring's": { seal: (event) => ours({ password: ring() })(event), config: () => ({ password: ring() }) },
    "an older key's": {
      seal: (event) => ours({ password: ring() })(event),
      config: () => ({
        password: createKeyring([
          { id: "k2", secret: OTHER_PASSWORD },
          { id: "k1", secret: PASSWORD },
        ]),
      }),
    },
  };

  for (const [name, { seal, config }] of Object.entries(SOURCES)) {
    it(`are taken over: ${name}`, async () => {
      captureWarnings();
      const { store } = setup(t, { migrate: { until: SOON() }, ...config?.() });
      t.route("/sealed", seal);
      const browser = t.browser();
      await browser.request("/sealed");
      const copies = Array.from({ length: 4 }, () => t.browser(browser.jar.clone()));
      const replies = await Promise.all([browser, ...copies].map((one) => one.request("/read")));
      const seen = replies.map((reply) => reply.json<Seen>());
      expect(new Set(seen.map(({ id }) => id)).size).toBe(1);
      expect(seen[0]?.data).toMatchObject(update);
      for (const reply of replies) {
        expect(reply.cookie("h3").value).toContain(`.${seen[0]?.id}.`);
        expect(reply.headers.get("cache-control")).toBe("no-store");
      }
      // The parts of a long seal are gone.
      expect(browser.jar.names).toEqual(["h3"]);
      expect((await browser.request("/read")).setCookies).toEqual([]);
      expect(store.calls.filter((call) => call === "create").length).toBeLessThanOrEqual(5);
      await browser.request("/sign-out");
      for (const copy of copies) expect(await read(copy)).toEqual({ data: {} });
    });
  }

  it("are none to a copy of the seal, once that which came of it has a new id or has ended", async () => {
    setup(t, { migrate: { until: SOON() } });
    t.route("/sealed", ours({}));
    for (const path of ["/sign-in", "/sign-out"]) {
      const browser = t.browser();
      await browser.request("/sealed");
      const copy = t.browser(browser.jar.clone());
      expect((await browser.request(path)).status).toBe(200);
      const late = await copy.request("/read");
      expect([late.json<Seen>(), late.setCookies]).toEqual([{ data: {} }, []]);
      const write = await copy.request("/visit");
      expect([write.status, write.setCookies]).toEqual([401, []]);
    }
  });

  it("that are cleared before they were taken over are never", async () => {
    const { store, config } = setup(t, { migrate: { until: SOON() } });
    t.route("/sealed", ours({}));
    t.route("/clear", async (event) => {
      await clearSession(event, config);
      return "done";
    });
    const browser = t.browser();
    await browser.request("/sealed");
    const copy = t.browser(browser.jar.clone());
    const reply = await browser.request("/clear");
    expect(reply.cookies.map(isDeletion)).toEqual([true]);
    expect(store.calls).not.toContain("create");
    const late = await copy.request("/read");
    expect([late.json<Seen>(), late.setCookies]).toEqual([{ data: {} }, []]);
  });

  it("that the schema refuses are none, and end with a clear", async () => {
    captureWarnings();
    const { config } = setup(t, { migrate: { until: SOON() } });
    const strict = { ...config, schema: z.object({ name: z.string() }) };
    t.route("/sealed", ours({}));
    t.route("/strict", async (event) => {
      const session = await useSession(event, strict);
      await session.clear();
      return session.data;
    });
    const browser = t.browser();
    await browser.request("/sealed");
    const copy = t.browser(browser.jar.clone());
    expect((await browser.request("/strict")).json()).toEqual({});
    expect(await read(copy)).toEqual({ data: {} });
  });

  it("keep nobody from signing in: refused by a schema, by a revocation, or long over", async () => {
    captureWarnings();
    const now = Date.UTC(2026, 0, 15, 12);
    vi.useFakeTimers({ toFake: ["Date"], now });
    const { store, config } = setup(t, { migrate: { until: now + 1e9 } });
    const strict = { ...config, schema: z.object({ name: z.string() }).partial({ name: true }).strict() };
    t.route("/strict", async (event) => {
      const session = await useSession(event, strict);
      const seen = { ...session.data };
      await session.regenerate({ userId: "bob" });
      return { seen };
    });
    const browserWith = async (payload: object) => {
      const browser = t.browser();
      browser.jar.set("h3", await makeSeal({ createdAt: now, data: update, ...payload }, PASSWORD));
      return browser;
    };
    const refused = await browserWith({ id: "refused" });
    expect((await refused.request("/strict")).json()).toEqual({ seen: {} });
    expect(refused.jar.value("h3")).toMatch(/^0\./);
    const revoked = await browserWith({ id: "revoked", userId: "ada", authenticatedAt: now });
    vi.setSystemTime(now + 1000);
    await createSessions({ store, password: PASSWORD }).revoke("ada");
    expect(await read(revoked)).toEqual({ data: {} });
    expect((await revoked.request("/sign-in")).json()).toMatchObject({ userId: "ada", data: {} });
    // The reply that had its new cookie was lost.
    const over = await browserWith({ id: "over" });
    const lost = t.browser(over.jar.clone());
    await lost.request("/read");
    await lost.request("/sign-out");
    expect((await over.request("/visit")).status).toBe(401);
    vi.setSystemTime(now + 100_000);
    expect((await over.request("/visit")).json()).toMatchObject({ data: { visits: 1 } });
  });

  it("that a revocation had ended do not come back, and an outage of it is one", async () => {
    const state = { notBefore: () => Date.now() + 1000 };
    const revocation = { notBefore: () => state.notBefore() };
    const { store, config } = setup(t, { migrate: { until: SOON() }, revocation });
    t.route("/clear", async (event) => {
      await clearSession(event, config);
      return "done";
    });
    const seal = { id: "s1", createdAt: Date.now(), data: update, userId: "ada", authenticatedAt: Date.now() };
    const headers = { cookie: `h3=${await makeSeal(seal, PASSWORD)}` };
    const ended = await t.request("/read", { headers });
    expect([ended.json<Seen>(), ended.setCookies]).toEqual([{ data: {} }, []]);
    state.notBefore = () => {
      throw new Error("down");
    };
    const outage = await t.request("/read", { headers });
    expect([outage.status, outage.setCookies]).toEqual([503, []]);
    expect(store.calls).toEqual([]);
    // Who signs out need not ask.
    expect((await t.request("/clear", { headers })).status).toBe(200);
    state.notBefore = () => 0;
    expect((await t.request("/read", { headers })).json<Seen>()).toEqual({ data: {} });
  });

  it("that a revocation had ended end again where a configuration without it took them over in the request", async () => {
    const revocation = { notBefore: async () => Date.now() + 1000 };
    const { config } = setup(t, { migrate: { until: SOON() } });
    t.route("/both", async (event) => {
      const early = await useSession(event, config);
      const had = { ...early.data };
      const judged = { ...config, revocation };
      const [session] = await Promise.all([useSession(event, judged), useSession(event, judged)]);
      const { id, userId, data } = session;
      return { had, id, userId, data, early: early.data };
    });
    t.route("/both-write", async (event) => {
      await useSession(event, config);
      const { id, data } = await updateSession(event, { ...config, revocation }, { fresh: true });
      return { id, data };
    });
    const seal = (id: string) => ({
      id,
      createdAt: Date.now(),
      data: update,
      userId: "ada",
      authenticatedAt: Date.now(),
    });
    const browser = t.browser();
    browser.jar.set("h3", await makeSeal(seal("s1"), PASSWORD));
    const copy = t.browser(browser.jar.clone());
    const reply = await browser.request("/both");
    expect(reply.json()).toEqual({ had: update, data: {}, early: {} });
    expect(reply.cookies.map(isDeletion)).toEqual([true]);
    expect(await read(copy)).toEqual({ data: {} });
    const writer = t.browser();
    writer.jar.set("h3", await makeSeal(seal("s2"), PASSWORD));
    const written = await writer.request("/both-write");
    expect(written.cookieNames()).toEqual(["h3"]);
    expect(written.json<Seen>().data).toEqual({ fresh: true });
    expect(await read(writer)).toEqual(written.json());
  });

  it("that are good by a revocation which comes later stay, and it is asked once", async () => {
    let asked = 0;
    const revocation = { notBefore: () => void (asked += 1) };
    const { config } = setup(t, { migrate: { until: SOON() } });
    t.route("/both", async (event) => {
      await useSession(event, config);
      await useSession(event, { ...config, revocation });
      return (await useSession(event, { ...config, revocation })).data;
    });
    const browser = t.browser();
    browser.jar.set("h3", await makeSeal({ id: "s1", createdAt: Date.now(), data: update, userId: "ada" }, PASSWORD));
    expect((await browser.request("/both")).json()).toEqual(update);
    expect(asked).toBe(1);
    expect((await browser.request("/both")).json()).toEqual(update);
    // It is no sealed session any more.
    expect(asked).toBe(1);
  });

  it("stay sealed in an outage", async () => {
    const { store } = setup(t, { migrate: { until: SOON() }, deadline: 20 });
    t.route("/sealed", ours({}));
    const browser = t.browser();
    await browser.request("/sealed");
    for (const fails of ["beginImport", "create", "load"] as const) {
      store.fails = fails;
      const reply = await browser.request("/read");
      expect([reply.status, reply.setCookies]).toEqual([503, []]);
    }
    store.fails = undefined;
    expect(await read(browser)).toMatchObject({ data: update });
  });

  it("are none after `until`, and without `migrate`", async () => {
    const { store, config } = setup(t, { migrate: { until: Date.now() - 1000 } });
    t.route("/sealed", ours({}));
    t.route("/without", async (event) => (await useSession(event, { ...config, migrate: undefined })).data);
    const browser = t.browser();
    await browser.request("/sealed");
    const reply = await browser.request("/read");
    expect([reply.json<Seen>(), reply.setCookies]).toEqual([{ data: {} }, []]);
    expect((await browser.request("/without")).json()).toEqual({});
    expect(store.calls).toEqual([]);
  });

  it("are none to a clear after `until`: that is of the cookie's session", async () => {
    const { config } = setup(t, { migrate: { until: Date.now() - 1000 } });
    t.route("/clear", async (event) => {
      await clearSession(event, config);
      return "done";
    });
    const browser = t.browser();
    await browser.request("/visit");
    const copy = t.browser(browser.jar.clone());
    const seal = await makeSeal({ id: "s1", createdAt: Date.now(), data: update }, PASSWORD);
    await browser.request("/clear", { headers: { "x-h3-session": seal } });
    expect(await read(copy)).toEqual({ data: {} });
  });

  it("that are over are not all that a clear ends: the session is the cookie's", async () => {
    const { config } = setup(t, { migrate: { until: SOON() } });
    t.route("/clear", async (event) => {
      await clearSession(event, config);
      return "done";
    });
    const headers = { "x-h3-session": await makeSeal({ id: "s1", createdAt: Date.now(), data: update }, PASSWORD) };
    await t.request("/clear", { headers });
    const browser = t.browser();
    await browser.request("/visit");
    const copy = t.browser(browser.jar.clone());
    await browser.request("/clear", { headers });
    expect(await read(copy)).toEqual({ data: {} });
  });

  it("are taken over after a configuration that knows of none has looked, such as a middleware's", async () => {
    const { store, config } = setup(t, { migrate: { until: SOON() } });
    t.route("/sealed", ours({}));
    t.route("/both", async (event) => {
      const before = await useSession(event, { ...config, migrate: undefined });
      const after = await updateSession(event, config, { more: true });
      return { data: after.data, isSame: before.id === after.id };
    });
    t.route("/cleared", async (event) => {
      await clearSession(event, { ...config, migrate: undefined });
      return (await useSession(event, config)).data;
    });
    const browser = t.browser();
    await browser.request("/sealed");
    const reply = await browser.request("/both");
    expect(reply.json()).toEqual({ data: { ...update, more: true }, isSame: true });
    expect(store.calls.filter((name) => name === "create")).toHaveLength(1);
    expect(await read(browser)).toMatchObject({ data: { ...update, more: true } });
    expect((await browser.request("/cleared")).json()).toEqual({});
  });

  it("keep their user: that of the seal, or whom `userId` finds", async () => {
    const { store, config } = setup(t, { migrate: { until: SOON(), userId: (data) => data["user"] as string } });
    t.route("/sealed", ours({}));
    t.route("/signed-in", async (event) => {
      const session = await useSession(event, { password: PASSWORD });
      await session.regenerate({ userId: "bob" });
      return "done";
    });
    t.route("/user", async (event) => ({ userId: (await useSession(event, config)).userId }));
    for (const [path, userId] of [
      ["/sealed", "ada"],
      ["/signed-in", "bob"],
    ] as const) {
      const browser = t.browser();
      await browser.request(path);
      expect((await browser.request("/user")).json()).toEqual({ userId });
      expect(await store.list({ now: Date.now() }, userId)).toHaveLength(1);
    }
  });

  it("that are too old, forged or of another key are none, and cost no write", async () => {
    const now = Date.UTC(2026, 0, 15, 12);
    vi.useFakeTimers({ toFake: ["Date"], now });
    const { store } = setup(t, { maxAge: 100, migrate: { until: SOON() } });
    const payload = { id: "s1", createdAt: now - 101_000, data: update };
    const old = await makeSeal(payload, PASSWORD);
    const foreign = await makeSeal({ ...payload, createdAt: now }, OTHER_PASSWORD);
    const nameless = await makeSeal({ createdAt: now, data: update }, PASSWORD);
    for (const value of [old, foreign, nameless, `${old.slice(0, -3)}AAA`, "Fe26.2*x", "ik1.k1.x"]) {
      const reply = await t.request("/read", { headers: { cookie: `h3=${value}` } });
      expect([reply.status, reply.json<Seen>(), reply.setCookies]).toEqual([200, { data: {} }, []]);
    }
    expect(store.calls).toEqual([]);
  });

  it("may come in the header: then no cookie is set for reading them", async () => {
    setup(t, { migrate: { until: SOON() } });
    const token = await makeSeal({ id: "s1", createdAt: Date.now(), data: update }, PASSWORD);
    const headers = { "x-h3-session": token };
    const first = await t.request("/read", { headers });
    expect([first.json<Seen>().data, first.setCookies]).toEqual([update, []]);
    expect((await t.request("/read", { headers })).json<Seen>().id).toBe(first.json<Seen>().id);
  });
});
