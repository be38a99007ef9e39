import type { SessionConfig } from "ironkeep/h3";
import { getSession, updateSession, useSession } from "ironkeep/h3";
import { describeMatrix } from "./_matrix.ts";
import { PASSWORD } from "./_passwords.ts";
import type { Seen } from "./_routes.ts";
import { seen, sessionRoutes } from "./_routes.ts";
import { openSeal } from "./_seals.ts";

const config: SessionConfig = { password: PASSWORD };

describeMatrix("starting a session", (t, { it, expect }) => {
  it("useSession starts one at once, with a cookie", async () => {
    sessionRoutes(t, config);
    const reply = await t.request("/use");
    const { id, data } = reply.json<Seen>();
    expect(id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(data).toEqual({});
    const { payload } = await openSeal(reply.cookie("h3").value, PASSWORD);
    expect(payload.id).toBe(id);
  });

  it("the cookie brings the same session back, and no new cookie", async () => {
    sessionRoutes(t, config);
    const browser = t.browser();
    const first = (await browser.request("/use")).json<Seen>();
    const second = await browser.request("/use");
    expect(second.json<Seen>().id).toBe(first.id);
    expect(second.setCookies).toEqual([]);
  });

  it("two clients get two sessions", async () => {
    sessionRoutes(t, config);
    const one = (await t.request("/use")).json<Seen>();
    const two = (await t.request("/use")).json<Seen>();
    expect(one.id).not.toBe(two.id);
  });

  it("data that was set is there in the next request", async () => {
    const routes = sessionRoutes(t, config);
    const browser = t.browser();
    routes.update = { user: { name: "Zoë", roles: ["a", "b"] }, n: 1 };
    const set = (await browser.request("/set")).json<Seen>();
    expect(set.data).toEqual(routes.update);
    const read = (await browser.request("/use")).json<Seen>();
    expect(read).toEqual(set);
  });

  it("an update is shallow and keeps the other keys", async () => {
    const routes = sessionRoutes(t, config);
    const browser = t.browser();
    routes.update = { a: { x: 1 }, b: 1 };
    await browser.request("/set");
    routes.update = { a: { y: 2 } };
    await browser.request("/set");
    expect((await browser.request("/use")).json<Seen>().data).toEqual({ a: { y: 2 }, b: 1 });
  });

  it("an update may be a function of the old data, or change it in place", async () => {
    t.route("/count", async (event) => {
      const session = await useSession<{ count: number; seen: string[] }>(event, config);
      await session.update((old) => ({ count: (old.count ?? 0) + 1 }));
      await session.update((old) => {
        (old.seen ??= []).push("x");
        return undefined;
      });
      return seen(session);
    });
    const browser = t.browser();
    await browser.request("/count");
    const { data } = (await browser.request("/count")).json<Seen>();
    expect(data).toEqual({ count: 2, seen: ["x", "x"] });
  });

  it("a key deleted in place stays deleted", async () => {
    const routes = sessionRoutes(t, config);
    t.route("/forget", async (event) => {
      const session = await useSession(event, config);
      delete session.data["secret"];
      return seen(await session.update({}));
    });
    const browser = t.browser();
    routes.update = { secret: 1, kept: 2 };
    await browser.request("/set");
    await browser.request("/forget");
    expect((await browser.request("/use")).json<Seen>().data).toEqual({ kept: 2 });
  });

  it("concurrent useSession in one request is one session and one cookie", async () => {
    t.route("/many", async (event) => {
      const sessions = await Promise.all(Array.from({ length: 8 }, () => useSession(event, config)));
      return sessions.map((session) => session.id);
    });
    const fresh = await t.request("/many");
    const ids = fresh.json<string[]>();
    expect(new Set(ids).size).toBe(1);
    expect(ids[0]).toMatch(/./);
    expect(fresh.cookieNames()).toEqual(["h3"]);
    const cookie = fresh.cookie("h3");
    const again = await t.request("/many", { headers: { cookie: `h3=${cookie.value}` } });
    expect(again.json<string[]>()).toEqual(ids);
    expect(again.setCookies).toEqual([]);
  });

  it("a mix of useSession and getSession in one request sees one session", async () => {
    t.route("/mix", async (event) => {
      const [got, used] = await Promise.all([getSession(event, config), useSession(event, config)]);
      return [got.id, used.id];
    });
    const reply = await t.request("/mix");
    const [got, used] = reply.json<string[]>();
    expect(got).toBe(used);
    const { payload } = await openSeal(reply.cookie("h3").value, PASSWORD);
    expect(payload.id).toBe(got);
  });

  it("getSession starts one in memory only", async () => {
    sessionRoutes(t, config);
    const reply = await t.request("/get");
    expect(reply.json<Seen>().id).toMatch(/./);
    expect(reply.setCookies).toEqual([]);
  });

  it("updateSession persists what getSession started, under the same id", async () => {
    t.route("/", async (event) => {
      const before = await getSession(event, config);
      const after = await updateSession(event, config, { a: 1 });
      return { before: before.id, after: after.id };
    });
    const reply = await t.request("/");
    const { before, after } = reply.json<{ before: string; after: string }>();
    expect(after).toBe(before);
    const { payload } = await openSeal(reply.cookie("h3").value, PASSWORD);
    expect(payload).toMatchObject({ id: before, data: { a: 1 } });
  });

  it("useSession after getSession persists under the same id", async () => {
    t.route("/", async (event) => {
      const got = await getSession(event, config);
      const used = await useSession(event, config);
      return { got: got.id, used: used.id };
    });
    const reply = await t.request("/");
    const { got, used } = reply.json<{ got: string; used: string }>();
    expect(used).toBe(got);
    expect((await openSeal(reply.cookie("h3").value, PASSWORD)).payload.id).toBe(got);
  });

  it("updateSession alone starts and persists one", async () => {
    t.route("/", async (event) => seen(await updateSession(event, config, { a: 1 })));
    const reply = await t.request("/");
    const { payload } = await openSeal(reply.cookie("h3").value, PASSWORD);
    expect(payload).toMatchObject({ id: reply.json<Seen>().id, data: { a: 1 } });
  });

  it("an update with nothing in it is an explicit write: it seals again", async () => {
    t.route("/touch", async (event) => seen(await updateSession(event, config)));
    const browser = t.browser();
    const first = await browser.request("/touch");
    const second = await browser.request("/touch");
    expect(second.json<Seen>().id).toBe(first.json<Seen>().id);
    expect(second.cookie("h3").value).not.toBe(first.cookie("h3").value);
  });

  it("`lazy` leaves the first cookie to the first write", async () => {
    const routes = sessionRoutes(t, { ...config, lazy: true });
    const browser = t.browser();
    const read = await browser.request("/use");
    expect(read.setCookies).toEqual([]);
    expect(read.json<Seen>().data).toEqual({});
    routes.update = { a: 1 };
    const written = await browser.request("/set");
    expect(written.cookieNames()).toEqual(["h3"]);
    expect((await browser.request("/use")).json<Seen>()).toEqual(written.json<Seen>());
  });

  it("an unreadable cookie means a new session, as in h3", async () => {
    sessionRoutes(t, config);
    const reply = await t.request("/use", { headers: { cookie: "h3=not-a-seal" } });
    expect(reply.status).toBe(200);
    expect(reply.json<Seen>().data).toEqual({});
    expect(reply.cookie("h3").value).toMatch(/^Fe26\.2\*/);
  });

  it("a cookie changed in any part is refused", async () => {
    const routes = sessionRoutes(t, config);
    routes.update = { role: "user" };
    const set = await t.request("/set");
    const parts = set.cookie("h3").value.split("*");
    for (const index of parts.keys()) {
      const changed = parts.with(index, flipLast(parts[index] ?? "")).join("*");
      const reply = await t.request("/use", { headers: { cookie: `h3=${changed}` } });
      expect(reply.json<Seen>().data, `part ${index}`).toEqual({});
      expect(reply.json<Seen>().id, `part ${index}`).not.toBe(set.json<Seen>().id);
    }
  });
});

function flipLast(part: string): string {
  if (part === "") return "1";
  return part.slice(0, -1) + (part.endsWith("A") ? "Q" : "A");
}
