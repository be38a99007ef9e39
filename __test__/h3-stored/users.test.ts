import { regenerateSession, type RegenerateOptions, type SessionConfig, useSession } from "ironkeep/h3";
import { createSessions } from "ironkeep/sessions";
import { describeMatrix } from "../h3/_matrix.ts";
import { read, type Seen, setup, visitor } from "./_routes.ts";
import { PASSWORD } from "./_stores.ts";

describeMatrix("users of stored sessions", (t, { it, expect }) => {
  const withSignIn = (options: RegenerateOptions) => {
    const app = setup(t);
    t.route("/as", async (event) => {
      const session = await useSession(event, app.config);
      await session.regenerate(options);
      const { id, userId, authenticatedAt, data } = session;
      return { id, userId, authenticatedAt, data };
    });
    const { store } = app;
    return { ...app, sessions: createSessions({ store, password: PASSWORD }) };
  };

  it("are listed with the label that the sign-in gave", async () => {
    const { sessions } = withSignIn({ userId: "ada", label: "phone" });
    const browser = await visitor(t);
    const before = Date.now();
    const signedIn = (await browser.request("/as")).json<Seen & { authenticatedAt: number }>();
    expect(signedIn).toMatchObject({ userId: "ada", data: { visits: 1 } });
    expect(signedIn.authenticatedAt).toBeGreaterThanOrEqual(before);
    const [only, ...others] = await sessions.list("ada");
    expect([only?.label, others]).toEqual(["phone", []]);
    await only?.end();
    expect(await read(browser)).toEqual({ data: {} });
  });

  it("have no more sessions than a cap allows: the oldest ends", async () => {
    const { sessions } = withSignIn({ userId: "ada", cap: { max: 2, onFull: "evict-oldest" } });
    const browsers = [];
    for (let count = 0; count < 3; count++) {
      const browser = await visitor(t);
      await browser.request("/as");
      browsers.push(browser);
    }
    expect(await sessions.list("ada")).toHaveLength(2);
    const users = await Promise.all(browsers.map(async (browser) => (await read(browser)).userId));
    expect(users.filter((userId) => userId === "ada")).toHaveLength(2);
  });

  it("or are refused, and keep the session that they have", async () => {
    withSignIn({ userId: "ada", cap: { max: 1, onFull: "refuse" } });
    await (await visitor(t)).request("/as");
    const browser = await visitor(t);
    const reply = await browser.request("/as");
    expect([reply.status, reply.setCookies]).toEqual([403, []]);
    expect(await read(browser)).toEqual({ id: browser.id, data: { visits: 1 } });
  });

  it("leave nothing to another user of the same browser", async () => {
    const { sessions } = withSignIn({ userId: "eve" });
    const browser = await visitor(t);
    const { id: old } = (await browser.request("/sign-in")).json<Seen>();
    expect((await browser.request("/as")).json()).toMatchObject({ userId: "eve", data: {} });
    expect(await read(browser)).toMatchObject({ userId: "eve", data: {} });
    expect(await sessions.get(old ?? "")).toBeUndefined();
    expect(await sessions.list("ada")).toEqual([]);
  });

  it("are signed out everywhere by revoke, and sign in again after a clear", async () => {
    const { config, sessions } = withSignIn({ userId: "ada" });
    t.route("/again", async (event) => {
      const session = await useSession(event, config);
      await session.clear();
      await session.regenerate({ userId: "ada" });
      return { id: session.id, userId: session.userId };
    });
    const browser = await visitor(t);
    await browser.request("/as");
    expect(await sessions.revoke("ada")).toBe(1);
    const reply = await browser.request("/read");
    expect([reply.json(), reply.setCookies]).toEqual([{ data: {} }, []]);
    expect((await browser.request("/as")).status).toBe(401);
    const again = await browser.request("/again");
    expect(again.json()).toMatchObject({ userId: "ada" });
    expect(again.cookieNames()).toEqual(["h3"]);
    expect(await read(browser)).toMatchObject({ userId: "ada" });
  });

  const REFUSED = {
    "a label without a store": [{ label: "phone" }, { store: undefined }],
    "a cap without a store": [{ userId: "ada", cap: { max: 1, onFull: "refuse" } }, { store: undefined }],
    "a user that was not found": [{ userId: undefined } as unknown as RegenerateOptions, {}],
    "an empty user": [{ userId: "" }, {}],
    "a user that UTF-8 has no form for": [{ userId: "ada\ud800" }, {}],
    "a cap without a user": [{ cap: { max: 1, onFull: "refuse" } }, {}],
    "a cap of nothing": [{ userId: "ada", cap: { max: 0, onFull: "refuse" } }, {}],
  } as const satisfies Record<string, readonly [RegenerateOptions, Partial<SessionConfig>]>;
  for (const [name, [options, more]] of Object.entries(REFUSED)) {
    it(`are not taken from options that cannot work: ${name}`, async () => {
      const { store, config } = setup(t, more);
      t.route("/bad", async (event) => {
        const code: unknown = await regenerateSession(event, config, options).catch(
          (error: { code: unknown }) => error.code,
        );
        return { code };
      });
      const reply = await t.request("/bad");
      expect([reply.json(), reply.setCookies]).toEqual([{ code: "ERR_CONFIG" }, []]);
      expect(store.calls).toEqual([]);
    });
  }
});
