import type { SessionConfig } from "ironkeep/h3";
import { getSession, updateSession, useSession } from "ironkeep/h3";
import { describeMatrix } from "./_matrix.ts";
import { PASSWORD } from "./_passwords.ts";
import type { Seen } from "./_routes.ts";
import { seen, sessionRoutes } from "./_routes.ts";
import { makeSeal, openSeal } from "./_seals.ts";

const config: SessionConfig = { password: PASSWORD };

describeMatrix("the data object and the seal's fields", (t, { it, expect }) => {
  it("data has no prototype: new, read back and after clear", async () => {
    t.route("/", async (event) => {
      const session = await useSession(event, config);
      const bare = [isBare(session.data)];
      const got = await getSession(event, config);
      bare.push(isBare(got.data));
      await session.update({ a: 1 });
      bare.push(isBare(session.data));
      return bare;
    });
    t.route("/cleared", async (event) => {
      const session = await useSession(event, config);
      await session.clear();
      return [isBare(session.data), Object.keys(session.data).length === 0];
    });
    const browser = t.browser();
    expect((await browser.request("/")).json()).toEqual([true, true, true]);
    expect((await browser.request("/")).json()).toEqual([true, true, true]);
    expect((await browser.request("/cleared")).json()).toEqual([true, true]);
  });

  it("a new seal holds id, createdAt and data, in h3's order", async () => {
    const routes = sessionRoutes(t, config);
    routes.update = { a: 1 };
    const { payload } = await openSeal((await t.request("/set")).cookie("h3").value, PASSWORD);
    expect(Object.keys(payload)).toEqual(["id", "createdAt", "data"]);
  });

  it("with idleTimeout it holds lastSeenAt too", async () => {
    sessionRoutes(t, { ...config, idleTimeout: 600 });
    const { payload } = await openSeal((await t.request("/use")).cookie("h3").value, PASSWORD);
    expect(Object.keys(payload)).toEqual(["id", "createdAt", "data", "lastSeenAt"]);
    expect(payload.lastSeenAt).toBeGreaterThanOrEqual(payload.createdAt ?? Number.NaN);
  });

  it("further fields at the top of a seal survive a re-seal", async () => {
    const generation = t.major;
    const payload = { id: "s1", createdAt: Date.now(), data: { a: 1 }, tenant: "t1", deep: { x: [1] } };
    const sealed = await makeSeal(payload, PASSWORD, { generation });
    const routes = sessionRoutes(t, config);
    t.route("/extras", async (event) => {
      const session: object = await getSession(event, config);
      return { tenant: Reflect.get(session, "tenant") as unknown };
    });
    const headers = { cookie: `h3=${sealed}` };
    expect((await t.request("/extras", { headers })).json()).toEqual({ tenant: "t1" });
    routes.update = { b: 2 };
    const reply = await t.request("/set", { headers });
    const opened = await openSeal(reply.cookie("h3").value, PASSWORD);
    expect(opened.payload).toEqual({ ...payload, data: { a: 1, b: 2 } });
  });

  it("manager.data and manager.id read the current state", async () => {
    t.route("/", async (event) => {
      const session = await useSession(event, config);
      await updateSession(event, config, { late: true });
      const during = seen(session);
      await session.clear();
      return { during, after: seen(session) };
    });
    const { during, after } = (await t.request("/")).json<{ during: Seen; after: Seen }>();
    expect(during.id).toMatch(/./);
    expect(during.data).toEqual({ late: true });
    expect(after).toEqual({ data: {} });
  });

  it("update and clear resolve with the manager itself", async () => {
    t.route("/", async (event) => {
      const session = await useSession(event, config);
      return [(await session.update({ a: 1 })) === session, (await session.clear()) === session];
    });
    expect((await t.request("/")).json()).toEqual([true, true]);
  });

  it("text of every plane, empty strings, nulls and nesting round-trip", async () => {
    const routes = sessionRoutes(t, config);
    const data = { clé: "日本語 🜲 \u0000 \u2028", empty: "", none: null, list: [[], [0.1, -1e21]], yes: true };
    routes.update = data;
    const browser = t.browser();
    await browser.request("/set");
    expect((await browser.request("/use")).json<Seen>().data).toEqual(data);
  });

  it("a lone surrogate comes back as JSON carries it", async () => {
    t.route("/set", async (event) => seen(await updateSession(event, config, { half: "\ud800" })));
    t.route("/use", async (event) => {
      const session = await useSession<{ half: string }>(event, config);
      return { same: session.data.half === "\ud800" };
    });
    const browser = t.browser();
    await browser.request("/set");
    expect((await browser.request("/use")).json()).toEqual({ same: true });
  });
});

function isBare(data: object): boolean {
  return !("toString" in data) && !("constructor" in data);
}
