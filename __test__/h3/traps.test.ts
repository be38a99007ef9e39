import type { SessionConfig } from "ironkeep/h3";
import { clearSession, getSession, sealSession, unsealSession, updateSession, useSession } from "ironkeep/h3";
import { isDeletion } from "./_cookies.ts";
import { describeMatrix } from "./_matrix.ts";
import { OLD_PASSWORD, PASSWORD } from "./_passwords.ts";
import type { Seen } from "./_routes.ts";
import { seen, sessionRoutes } from "./_routes.ts";
import { makeSeal, openSeal } from "./_seals.ts";

const password = PASSWORD;
const config: SessionConfig = { password };

describeMatrix("traps that h3's sessions are known for", (t, { it, expect }) => {
  async function cookieOf(payload: unknown): Promise<{ cookie: string }> {
    return { cookie: `h3=${await makeSeal(payload, PASSWORD, { generation: t.major })}` };
  }
  const stored = { id: "s1", createdAt: 1_700_000_000_000, data: { user: "ada" } };

  it("clearSession while the read is pending does not reject, and the session stays cleared", async () => {
    t.route("/", async (event) => {
      const reading = getSession(event, config);
      const clearing = clearSession(event, config);
      const outcomes = await Promise.allSettled([reading, clearing]);
      return {
        outcomes: outcomes.map(({ status }) => status),
        after: seen(await getSession(event, config)),
      };
    });
    const reply = await t.request("/", { headers: await cookieOf(stored) });
    const { outcomes, after } = reply.json<{ outcomes: string[]; after: Seen }>();
    expect(outcomes).toEqual(["fulfilled", "fulfilled"]);
    expect(after.data).toEqual({});
    expect(after.id).not.toBe("s1");
    expect(reply.cookieNames()).toEqual(["h3"]);
    expect(isDeletion(reply.cookie("h3"))).toBe(true);
  });

  it("clear() while a re-seal by a read is pending: the deletion is what is sent", async () => {
    const legacy = await makeSeal(stored, PASSWORD, { generation: 1 });
    const writesTwo: SessionConfig = { ...config, generation: 2 };
    t.route("/", async (event) => {
      const reading = getSession(event, writesTwo);
      await clearSession(event, writesTwo);
      await reading;
      return "ok";
    });
    const reply = await t.request("/", { headers: { cookie: `h3=${legacy}` } });
    expect(reply.cookieNames()).toEqual(["h3"]);
    expect(isDeletion(reply.cookie("h3"))).toBe(true);
  });

  it("a token sealed for one session name is accepted as another under the same password", async () => {
    sessionRoutes(t, { password, name: "cart" });
    const sealed = await makeSeal(stored, PASSWORD, { generation: t.major });
    const reply = await t.request("/use", { headers: { cookie: `cart=${sealed}` } });
    expect(reply.json<Seen>()).toEqual({ id: "s1", data: { user: "ada" } });
  });

  const payloads: Record<string, unknown> = {
    null: null,
    "a number": 5,
    "a string": "session",
    true: true,
    "an array": [1, 2],
    "an empty object": {},
    "no id": { createdAt: 1, data: { user: "eve" } },
  };
  for (const [title, payload] of Object.entries(payloads)) {
    it(`a seal whose payload is ${title} is no crash, and has a usable id`, async () => {
      sessionRoutes(t, config);
      const reply = await t.request("/use", { headers: await cookieOf(payload) });
      expect(reply.status).toBe(200);
      expect(reply.json<Seen>().id).toMatch(/^[0-9a-f-]{36}$/);
    });
  }

  for (const data of [null, 7, "text"]) {
    it(`a seal whose data is ${JSON.stringify(data)} can be updated`, async () => {
      const routes = sessionRoutes(t, config);
      routes.update = { a: 1 };
      const reply = await t.request("/set", { headers: await cookieOf({ ...stored, data }) });
      expect(reply.status).toBe(200);
      expect(reply.json<Seen>().data).toMatchObject({ a: 1 });
    });
  }

  it("an own key __proto__ in stored data stays an own key and pollutes nothing", async () => {
    const payload = JSON.parse(
      '{"id":"s1","createdAt":1,"data":{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}}',
    ) as unknown;
    t.route("/", async (event) => {
      const session = await useSession<Record<string, unknown>>(event, config);
      await session.update({ a: 1 });
      return { keys: Object.keys(session.data), inherited: session.data["polluted"] ?? "none" };
    });
    const reply = await t.request("/", { headers: await cookieOf(payload) });
    expect(reply.json()).toEqual({ keys: ["__proto__", "constructor", "a"], inherited: "none" });
    expect(Reflect.get({}, "polluted")).toBeUndefined();
    const { payload: resealed } = await openSeal(reply.cookie("h3").value, PASSWORD);
    expect(Object.keys(resealed.data ?? {})).toEqual(["__proto__", "constructor", "a"]);
  });

  it("an own key __proto__ in an update stays an own key and pollutes nothing", async () => {
    t.route("/", async (event) => {
      const update = JSON.parse('{"__proto__":{"polluted":1}}') as Record<string, unknown>;
      const session = await updateSession<Record<string, unknown>>(event, config, update);
      return { keys: Object.keys(session.data), inherited: session.data["polluted"] ?? "none" };
    });
    expect((await t.request("/")).json()).toEqual({ keys: ["__proto__"], inherited: "none" });
    expect(Reflect.get({}, "polluted")).toBeUndefined();
  });

  it("a key __proto__ at the top of a seal pollutes nothing, not even the session", async () => {
    const payload = JSON.parse('{"id":"s1","createdAt":1,"data":{},"__proto__":{"polluted":1}}') as unknown;
    t.route("/", async (event) => {
      const session: object = await getSession(event, config);
      return { id: Reflect.get(session, "id") as unknown, polluted: "polluted" in session };
    });
    const reply = await t.request("/", { headers: await cookieOf(payload) });
    expect(reply.json()).toEqual({ id: "s1", polluted: false });
    expect(Reflect.get({}, "polluted")).toBeUndefined();
  });

  it("session names from Object.prototype are names like any other", async () => {
    for (const name of ["toString", "constructor", "__proto__"]) {
      t.route(`/${name}`, async (event) => {
        const session = await useSession(event, { password, name });
        return seen(await session.update({ a: 1 }));
      });
      const browser = t.browser();
      const first = await browser.request(`/${name}`);
      expect(first.status, name).toBe(200);
      expect(first.json<Seen>().data, name).toEqual({ a: 1 });
      expect((await browser.request(`/${name}`)).json<Seen>().id, name).toBe(first.json<Seen>().id);
    }
    expect(Reflect.get({}, "createdAt")).toBeUndefined();
  });

  it("the rotation hack map still works: seals with its id, opens all of its ids", async () => {
    const hack = { id: "2", secret: PASSWORD, "2": PASSWORD, default: OLD_PASSWORD, "1": OLD_PASSWORD };
    const routes = sessionRoutes(t, { password: hack });
    routes.update = { n: 1 };
    const browser = t.browser();
    const set = await browser.request("/set");
    expect((await openSeal(set.cookie("h3").value, PASSWORD)).passwordId).toBe("2");
    expect((await browser.request("/use")).json<Seen>()).toEqual(set.json<Seen>());
    for (const passwordId of [undefined, "1"]) {
      const make = passwordId === undefined ? {} : { passwordId };
      const sealed = await makeSeal(stored, OLD_PASSWORD, { generation: t.major, ...make });
      const reply = await t.request("/use", { headers: { cookie: `h3=${sealed}` } });
      expect(reply.json<Seen>().id, `id ${passwordId}`).toBe("s1");
    }
  });

  it("unsealSession needs no event", async () => {
    const sealed = await makeSeal(stored, PASSWORD, { generation: t.major });
    expect(await unsealSession(null, config, sealed)).toEqual(stored);
  });

  it("sealSession gives a token that unsealSession takes, and sets no cookie", async () => {
    t.route("/", async (event) => {
      const session = await getSession<Record<string, unknown>>(event, config);
      session.data["a"] = 1;
      const sealed = await sealSession(event, config);
      const { id, data } = await unsealSession(event, config, sealed);
      return { same: id === session.id, data };
    });
    const reply = await t.request("/");
    expect(reply.json()).toEqual({ same: true, data: { a: 1 } });
    expect(reply.setCookies).toEqual([]);
  });

  it("of two cookies of one name the first is taken", async () => {
    sessionRoutes(t, config);
    const other = await makeSeal({ ...stored, id: "second" }, PASSWORD, { generation: t.major });
    const { cookie } = await cookieOf(stored);
    const reply = await t.request("/use", { headers: { cookie: `${cookie}; h3=${other}` } });
    expect(reply.json<Seen>().id).toBe("s1");
  });

  it("broken neighbours in the Cookie header do not hide the session", async () => {
    sessionRoutes(t, config);
    const { cookie } = await cookieOf(stored);
    const noise = ["=", "novalue", "bad=%E0%A4%A", 'q="a;b"', "h3x=1", ` ; ;`, "toString=1", "__proto__=2"];
    const reply = await t.request("/use", { headers: { cookie: `${noise.join("; ")}; ${cookie}` } });
    expect(reply.json<Seen>().id).toBe("s1");
  });

  it("the session is found behind a hundred other cookies", async () => {
    sessionRoutes(t, config);
    const { cookie } = await cookieOf(stored);
    const others = Array.from({ length: 100 }, (_, i) => `c${i}=${i}`).join("; ");
    const reply = await t.request("/use", { headers: { cookie: `${others}; ${cookie}` } });
    expect(reply.json<Seen>().id).toBe("s1");
  });
});
