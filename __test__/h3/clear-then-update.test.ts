import type { SessionConfig } from "ironkeep/h3";
import { clearSession, getSession, updateSession, useSession } from "ironkeep/h3";
import { isDeletion } from "./_cookies.ts";
import type { Browser, MatrixContext } from "./_matrix.ts";
import { describeMatrix } from "./_matrix.ts";
import { PASSWORD } from "./_passwords.ts";
import type { Seen } from "./_routes.ts";
import { seen, sessionRoutes } from "./_routes.ts";
import { openSeal } from "./_seals.ts";

const config: SessionConfig = { password: PASSWORD };

/** A browser that is signed in, and the id of its session. */
async function signedIn(t: MatrixContext): Promise<Browser & { id: string }> {
  const routes = sessionRoutes(t, config);
  routes.update = { user: "ada", admin: true };
  const browser = t.browser();
  const { id = "" } = (await browser.request("/set")).json<Seen>();
  return { ...browser, id };
}

describeMatrix("what was cleared does not come back", (t, { it, expect }) => {
  it("clear then update is a new session: a new id and no old data", async () => {
    t.route("/", async (event) => {
      const session = await useSession(event, config);
      await session.clear();
      await session.update({ flash: "signed out" });
      return seen(session);
    });
    const browser = await signedIn(t);
    const reply = await browser.request("/");
    const { id, data } = reply.json<Seen>();
    expect(data).toEqual({ flash: "signed out" });
    expect(id).toMatch(/./);
    expect(id).not.toBe(browser.id);
    expect(reply.cookieNames()).toEqual(["h3"]);
    const { payload } = await openSeal(reply.cookie("h3").value, PASSWORD);
    expect(payload).toMatchObject({ id, data: { flash: "signed out" } });
    expect((await browser.request("/use")).json<Seen>()).toEqual({ id, data });
  });

  it("the same with the plain functions, never having read the session", async () => {
    t.route("/", async (event) => {
      await clearSession(event, config);
      return seen(await updateSession(event, config, { flash: 1 }));
    });
    const browser = await signedIn(t);
    const { id, data } = (await browser.request("/")).json<Seen>();
    expect(id).not.toBe(browser.id);
    expect(data).toEqual({ flash: 1 });
  });

  it("an updater that runs after a clear gets no old data", async () => {
    t.route("/", async (event) => {
      const session = await useSession<{ user: string; was: string }>(event, config);
      await session.clear();
      await session.update((old) => ({ was: old.user ?? "nobody" }));
      return seen(session);
    });
    const browser = await signedIn(t);
    expect((await browser.request("/")).json<Seen>().data).toEqual({ was: "nobody" });
  });

  it("the new session counts its age from now", async () => {
    t.route("/", async (event) => {
      const before = (await getSession(event, config)).createdAt;
      await clearSession(event, config);
      const started = Date.now();
      const after = await updateSession(event, config, { a: 1 });
      return { kept: after.createdAt === before && before < started, fresh: after.createdAt >= started };
    });
    const browser = await signedIn(t);
    expect((await browser.request("/")).json()).toEqual({ kept: false, fresh: true });
  });

  it("clear then getSession is empty, and the answer still deletes the cookie", async () => {
    t.route("/", async (event) => {
      await (await useSession(event, config)).clear();
      return seen(await getSession(event, config));
    });
    const browser = await signedIn(t);
    const reply = await browser.request("/");
    expect(reply.json<Seen>().data).toEqual({});
    expect(reply.json<Seen>().id).not.toBe(browser.id);
    expect(isDeletion(reply.cookie("h3"))).toBe(true);
    expect(browser.jar.names).toEqual([]);
  });

  it("clear then useSession is an empty session with another id", async () => {
    t.route("/", async (event) => {
      await clearSession(event, config);
      return seen(await useSession(event, config));
    });
    const browser = await signedIn(t);
    const first = (await browser.request("/")).json<Seen>();
    expect(first.data).toEqual({});
    expect(first.id).not.toBe(browser.id);
    expect((await browser.request("/use")).json<Seen>().id).not.toBe(browser.id);
  });

  it("a session from the header does not come back either", async () => {
    t.route("/", async (event) => {
      await clearSession(event, config);
      return seen(await getSession(event, config));
    });
    const browser = await signedIn(t);
    const headers = { "x-h3-session": browser.jar.value("h3") };
    const { id, data } = (await t.request("/", { headers })).json<Seen>();
    expect(data).toEqual({});
    expect(id).not.toBe(browser.id);
  });

  it("update then clear then nothing: the next request is anonymous", async () => {
    t.route("/", async (event) => {
      const session = await useSession(event, config);
      await session.update({ a: 1 });
      await session.clear();
      return seen(session);
    });
    const browser = await signedIn(t);
    expect((await browser.request("/")).json<Seen>()).toEqual({ data: {} });
    expect((await browser.request("/get")).json<Seen>().data).toEqual({});
  });

  it("an update that was already under way when clear came does not undo the clear", async () => {
    t.route("/", async (event) => {
      const session = await useSession(event, config);
      const updating = session.update(async () => {
        await Promise.resolve();
        return { late: true };
      });
      await session.clear();
      await updating;
      return "ok";
    });
    const browser = await signedIn(t);
    const reply = await browser.request("/");
    expect(reply.status).toBe(200);
    const next = (await browser.request("/get")).json<Seen>();
    expect(next.id).not.toBe(browser.id);
    expect(next.data["user"]).toBeUndefined();
    expect(next.data["admin"]).toBeUndefined();
  });

  it("an updater that waited for another when clear came does not run any more", async () => {
    t.route("/", async (event) => {
      const session = await useSession(event, config);
      let finish = (): void => {};
      const held = new Promise<void>((resolve) => (finish = resolve));
      let ran = false;
      const updates = [session.update(async () => held.then(() => ({}))), session.update(() => void (ran = true))];
      await session.clear();
      finish();
      await Promise.all(updates);
      return { ran };
    });
    const browser = await signedIn(t);
    expect((await browser.request("/")).json()).toEqual({ ran: false });
  });

  it("a clear that comes while an update is being sealed is what is sent", async () => {
    t.route("/", async (event) => {
      const session = await useSession<Record<string, unknown>>(event, config);
      // JSON asks for the data at the one moment between the update and its cookie.
      const probe = { toJSON: () => void clearSession(event, config) };
      await session.update({ probe });
      return seen(session);
    });
    const browser = await signedIn(t);
    const reply = await browser.request("/");
    expect(reply.json<Seen>()).toEqual({ data: {} });
    expect(reply.cookieNames()).toEqual(["h3"]);
    expect(isDeletion(reply.cookie("h3"))).toBe(true);
  });

  it("an update of the session that was cleared does not write the one that came after", async () => {
    t.route("/", async (event) => {
      const session = await useSession(event, config);
      let begin = (): void => {};
      let finish = (): void => {};
      const begun = new Promise<void>((resolve) => (begin = resolve));
      const held = new Promise<void>((resolve) => (finish = resolve));
      const updating = session.update(async () => {
        begin();
        await held;
        return { late: true };
      });
      await begun;
      await session.clear();
      const after = await getSession(event, config);
      finish();
      await updating;
      return seen(after);
    });
    const browser = await signedIn(t);
    const reply = await browser.request("/");
    expect(reply.json<Seen>().data).toEqual({});
    expect(reply.cookieNames()).toEqual(["h3"]);
    expect(isDeletion(reply.cookie("h3"))).toBe(true);
  });
});
