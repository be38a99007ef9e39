// A session that another configuration of its name has opened in the request: what that one did not ask is asked.

import {
  type SessionConfig,
  type SessionRevocation,
  checkCsrf,
  csrfToken,
  destroySession,
  getSession,
  updateSession,
  useSession,
} from "ironkeep/h3";
import * as z from "zod";
import { HEADERS, post } from "./_csrf-requests.ts";
import { type Browser, type MatrixContext, type MatrixEvent, describeMatrix } from "./_matrix.ts";
import { PASSWORD } from "./_passwords.ts";
import { type Seen, seen } from "./_routes.ts";
import { schemaOf } from "./_schemas.ts";
import { makeSeal } from "./_seals.ts";

const password = PASSWORD;
const NOTHING = { notBefore: () => undefined };

async function browserWith(t: MatrixContext, more: object = {}): Promise<Browser> {
  const now = Date.now();
  const stored = { id: "s1", createdAt: now - 60_000, data: { a: "x" }, userId: "u1", authenticatedAt: now - 60_000 };
  const browser = t.browser();
  browser.jar.set("h3", await makeSeal({ ...stored, ...more }, PASSWORD, { generation: t.major }));
  return browser;
}

describeMatrix("a session that was opened by its password alone", (t, { it, expect }) => {
  const REFUSING: Record<string, { config: Partial<SessionConfig>; stored?: object }> = {
    "a revocation": { config: { revocation: { notBefore: () => Date.now() } } },
    "a revocation that answers later": { config: { revocation: { notBefore: async () => Date.now() } } },
    "a schema": { config: { schema: z.object({ a: z.number() }) } },
    "a maxAge": { config: { maxAge: 30 } },
    "an idleTimeout": { config: { idleTimeout: 30 }, stored: { lastSeenAt: Date.now() - 40_000 } },
  };

  function first(open: (event: MatrixEvent) => Promise<unknown>, config: Partial<SessionConfig>): void {
    t.route("/", async (event) => {
      await open(event);
      const session = await useSession(event, { password, ...config });
      return { ...seen(session), userId: session.userId ?? null };
    });
  }

  for (const [title, { config, stored }] of Object.entries(REFUSING)) {
    it(`is refused by ${title} of a later call: another session takes its place`, async () => {
      first((event) => getSession(event, { password }), config);
      const reply = await (await browserWith(t, stored)).request("/");
      expect(reply.json()).toEqual({ id: expect.not.stringMatching(/^s1$/) as string, data: {}, userId: null });
      expect(reply.cookieNames()).toEqual(["h3"]);
    });

    it(`is refused by ${title} of a call at the same time`, async () => {
      t.route("/", async (event) => {
        const both = await Promise.all([getSession(event, { password }), getSession(event, { password, ...config })]);
        return seen(both[1]);
      });
      const reply = await (await browserWith(t, stored)).request("/");
      expect(reply.json()).toEqual({ id: expect.not.stringMatching(/^s1$/) as string, data: {} });
    });
  }

  it("and whose data was changed is refused all the same", async () => {
    first((event) => updateSession(event, { password }, { b: 1 }), { revocation: { notBefore: () => Date.now() } });
    const reply = await (await browserWith(t)).request("/");
    expect(reply.json()).toMatchObject({ data: {}, userId: null });
    expect(reply.cookieNames()).toEqual(["h3"]);
  });

  it("stays where nothing is wrong with it, with its changes and what the schema makes of its data", async () => {
    let asked = 0;
    const revocation: SessionRevocation = { notBefore: () => void (asked += 1) };
    const schema = z.object({ a: z.string(), b: z.number(), c: z.string().default("new") });
    const config = { password, revocation, schema, maxAge: 3600 };
    t.route("/", async (event) => {
      const before = await updateSession(event, { password }, { b: 1 });
      const session = await useSession(event, config);
      await getSession(event, { ...config });
      return { ...seen(session), isSame: before.data === session.data };
    });
    const reply = await (await browserWith(t)).request("/");
    expect(reply.json()).toEqual({ id: "s1", data: { a: "x", b: 1, c: "new" }, isSame: true });
    expect(asked).toBe(1);
  });

  it("is not brought back by a call that was under way when it was cleared", async () => {
    let answer: (notBefore: undefined) => void = () => undefined;
    const revocation = { notBefore: () => new Promise<undefined>((resolve) => (answer = resolve)) };
    t.route("/", async (event) => {
      const session = await useSession(event, { password });
      const updating = updateSession(event, { password, revocation }, { late: true });
      await Promise.resolve();
      await session.clear();
      answer(undefined);
      await updating;
      return seen(session);
    });
    const browser = await browserWith(t);
    expect((await browser.request("/")).json()).toEqual({ data: {} });
    expect(browser.jar.names).toEqual([]);
  });

  it("keeps what is written to it while a schema that comes later looks at it", async () => {
    let look: () => void = () => undefined;
    let looks = 0;
    const looked = new Promise<void>((resolve) => (look = resolve));
    const schema = schemaOf(async (value) => {
      const { a = "", n = 0 } = value as { a?: string; n?: number };
      if (++looks === 1) await looked;
      return { value: { a: a.toUpperCase(), n } };
    });
    t.route("/", async (event) => {
      const session = await useSession(event, { password });
      let go: () => void = () => undefined;
      const gone = new Promise<void>((resolve) => (go = resolve));
      const updating = session.update(async () => {
        await gone;
        return { n: 1 };
      });
      const checked = getSession(event, { password, schema });
      await new Promise(setImmediate);
      go();
      await updating;
      look();
      return seen(await checked);
    });
    const browser = await browserWith(t);
    expect((await browser.request("/")).json()).toEqual({ id: "s1", data: { a: "X", n: 1 } });
    expect(looks).toBe(2);
  });

  it("is not read again by another schema, which may not take what the first one gave", async () => {
    const dated = () => z.object({ a: z.string().transform((text) => ({ text })) });
    t.route("/", async (event) => {
      await getSession(event, { password, schema: dated() });
      return seen(await getSession(event, { password, schema: dated() }));
    });
    expect((await (await browserWith(t)).request("/")).json<Seen>()).toEqual({ id: "s1", data: { a: { text: "x" } } });
  });

  it("is an outage while its revocation fails, and no session of this request is lost by it", async () => {
    const revocation = { notBefore: () => Promise.reject(new Error("no store")) };
    t.route("/", async (event) => {
      await getSession(event, { password });
      await getSession(event, { password, revocation }).catch((error: unknown) => error);
      return seen(await getSession(event, { password, revocation }));
    });
    const reply = await (await browserWith(t)).request("/");
    expect([reply.status, reply.setCookies]).toEqual([503, []]);
  });
});

describeMatrix("other helpers before the handler", (t, { it, expect }) => {
  it("a CSRF protection that knows the password alone lets no revoked session in", async () => {
    let revokedBefore = 0;
    const config = { password, revocation: { notBefore: () => revokedBefore } };
    t.route("/token", (event) => csrfToken(event, { password }));
    t.route("/transfer", async (event) => {
      await checkCsrf(event, { session: { password } });
      return (await getSession(event, config)).userId ?? "nobody";
    });
    const browser = await browserWith(t);
    const token = (await browser.request("/token")).text;
    const transfer = async () =>
      (await browser.request("/transfer", post(HEADERS.ownFetch, { "x-csrf-token": token }))).text;
    expect(await transfer()).toBe("u1");
    revokedBefore = Date.now();
    expect(await transfer()).toBe("nobody");
  });

  it("a destroy under way shows nobody data that the schema refuses", async () => {
    const revocation = { notBefore: async () => undefined, revokeSession: async () => undefined };
    const config = { password, revocation, schema: z.object({ a: z.number() }) };
    t.route("/", async (event) => {
      const [, session] = await Promise.all([destroySession(event, config), getSession(event, config)]);
      return seen(session);
    });
    expect((await (await browserWith(t)).request("/")).json<Seen>().data).toEqual({});
  });

  it("a new session gets the defaults of the schema that comes later", async () => {
    const schema = z.object({ theme: z.string().default("dark") });
    t.route("/", async (event) => {
      await getSession(event, { password });
      return { ...(await useSession(event, { password, revocation: NOTHING, schema })).data };
    });
    const reply = await t.request("/");
    expect(reply.json()).toEqual({ theme: "dark" });
    expect(reply.cookieNames()).toEqual(["h3"]);
  });
});
