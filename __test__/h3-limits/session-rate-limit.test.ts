import {
  defineSessionRateLimit,
  type LimitedSession,
  limitedSession,
  sealSession,
  type SessionConfig,
  type SessionRateLimitOptions,
  useSession,
} from "ironkeep/h3";
import { vi } from "vitest";
import { describeMatrix, type MatrixContext } from "../h3/_matrix.ts";
import { PASSWORD } from "../h3/_passwords.ts";
import { faulty, MapStore, PASSWORD as STRONG } from "../h3-stored/_stores.ts";
import { limiterAt, PROXY } from "./_limits.ts";

const KINDS: Readonly<Record<string, () => SessionConfig>> = {
  sealed: () => ({ password: PASSWORD }),
  stored: () => ({ password: STRONG, store: new MapStore() }),
};

type Options = Partial<SessionRateLimitOptions>;

/** Routes to sign in and out, and one behind a limit of three requests an hour for each session. */
function setup(t: MatrixContext, config: SessionConfig, options: Options = {}) {
  const { limiter, pass } = limiterAt({ session: "3/1h" });
  const limit = defineSessionRateLimit({ session: config, limiter, address: PROXY, ...options });
  t.route("/sign-in/:user", async (event) => {
    const session = await useSession(event, config);
    await session.update({ orgId: "acme" });
    const userId = /sign-in\/(\w+)/.exec(event.path)?.[1] ?? "";
    await session.regenerate({ userId });
    return { id: session.id, token: await sealSession(event, config) };
  });
  t.route("/sign-out", async (event) => {
    await (await useSession(event, config)).clear();
    return "out";
  });
  t.route(
    "/api",
    limit.wrap((_, session) => session),
  );
  return { limit, limiter, pass };
}

interface SignedIn {
  readonly id: string;
  readonly token: string;
}

async function signedIn(t: MatrixContext, user = "ada") {
  const browser = t.browser();
  const seen = (await browser.request(`/sign-in/${user}`)).json<SignedIn>();
  return { ...browser, ...seen };
}

const header = (token: string) => ({ headers: { "x-session-id": token } });

for (const [kind, configOf] of Object.entries(KINDS)) {
  describeMatrix(`a limit on what a ${kind} session spends`, (t, { it, expect }) => {
    const codeOf = (reply: { json<T>(): T }) => reply.json<{ error: { code: string } }>().error.code;

    it("counts each session, shows what it spent, and gives the tokens back in time", async () => {
      const { pass } = setup(t, configOf());
      const ada = await signedIn(t);
      const request = { headers: { "user-agent": "test/1", "x-forwarded-for": "2001:db8::1" } };
      for (const consumed of [1, 2, 3]) {
        const reply = await ada.request("/api", request);
        expect(reply.status).toBe(200);
        expect(reply.json()).toEqual({
          id: ada.id,
          userId: "ada",
          orgId: "acme",
          createdAt: expect.any(Number),
          tokens: { issued: 3, consumed },
          metadata: { address: "2001:db8::/64", userAgent: "test/1", route: "/api" },
        });
        expect(reply.headers.get("ratelimit-policy")).toBe('"session";q=3;w=3600');
        expect(reply.headers.get("ratelimit")).toMatch(new RegExp(`^"session";r=${3 - consumed};t=`));
      }
      const refused = await ada.request("/api", request);
      expect(refused.status).toBe(429);
      expect(refused.json()).toEqual({
        error: { code: "RATE_LIMIT_EXCEEDED", message: "Too many requests: try again later" },
      });
      expect([refused.headers.get("retry-after"), refused.headers.get("cache-control")]).toEqual(["1200", "no-store"]);
      expect((await (await signedIn(t, "bob")).request("/api")).status).toBe(200);
      pass(1200);
      expect((await ada.request("/api")).json()).toMatchObject({ tokens: { issued: 3, consumed: 3 } });
    });

    it("is 401 MISSING_SESSION without a token, and 401 INVALID_SESSION with one that opens nothing", async () => {
      const config = configOf();
      const { limiter } = setup(t, config);
      const ada = await signedIn(t);
      const missing = [{}, { headers: { "x-session-id": "" } }, { headers: { cookie: "other=1" } }];
      for (const input of missing) {
        const reply = await t.request("/api", input);
        expect([reply.status, codeOf(reply)]).toEqual([401, "MISSING_SESSION"]);
        expect([reply.headers.get("cache-control"), reply.setCookies]).toEqual(["no-store", []]);
        expect(reply.headers.get("content-type")).toBe("application/json");
      }
      const forged = `${ada.token.slice(0, -2)}${ada.token.endsWith("AA") ? "BB" : "AA"}`;
      // An id is no credential, as a log may hold it.
      for (const token of [ada.id, forged, "x", "Fe26.2*", "0.A.A", "x".repeat(70_000), `${ada.token}x`]) {
        for (const input of [header(token), { headers: { cookie: `h3=${token}` } }]) {
          const reply = await t.request("/api", input);
          expect([reply.status, codeOf(reply)]).toEqual([401, "INVALID_SESSION"]);
          expect(reply.text).not.toContain(ada.id);
        }
      }
      expect(limiter.counts().session).toMatchObject({ allowed: 0, limited: 0 });
    });

    it("takes the signed form in X-Session-ID, or in the header that it is told", async () => {
      const config = configOf();
      setup(t, config);
      const ada = await signedIn(t);
      expect((await t.request("/api", header(ada.token))).json()).toMatchObject({
        id: ada.id,
        tokens: { consumed: 1 },
      });
      expect((await ada.request("/api")).json()).toMatchObject({ tokens: { consumed: 2 } });
      const { limiter } = limiterAt({ session: "9/1h" });
      for (const [sessionHeader, name, status] of [
        ["x-api-session", "x-api-session", 200],
        ["x-api-session", "x-session-id", 401],
        [false, "x-session-id", 401],
      ] as const) {
        const limit = defineSessionRateLimit({ session: config, limiter, sessionHeader });
        const path = `/${String(sessionHeader)}-${name}`;
        t.route(
          path,
          limit.wrap(() => "done"),
        );
        expect((await t.request(path, { headers: { [name]: ada.token } })).status).toBe(status);
      }
    });

    it("is INVALID_SESSION once the session is signed out, or too old", async () => {
      vi.useFakeTimers({ toFake: ["Date"] });
      const config = { ...configOf(), idleTimeout: 600, maxAge: 86_400 };
      setup(t, config);
      const ada = await signedIn(t);
      for (let n = 0; n < 3; n++) {
        vi.setSystemTime(Date.now() + 500_000);
        // Each request begins the idle time again.
        expect((await ada.request("/api")).status).toBe(200);
      }
      // As a client that keeps what browsers would drop.
      const cookie = ada.jar.header("/api") ?? "";
      expect((await t.request("/api", { headers: { cookie } })).status).toBe(429);
      vi.setSystemTime(Date.now() + 601_000);
      const idle = await t.request("/api", { headers: { cookie } });
      expect([idle.status, codeOf(idle)]).toEqual([401, "INVALID_SESSION"]);
      const bob = await signedIn(t, "bob");
      await bob.request("/sign-out");
      expect(codeOf(await bob.request("/api"))).toBe("MISSING_SESSION");
      if (config.store) expect(codeOf(await t.request("/api", header(bob.token)))).toBe("INVALID_SESSION");
    });

    it("lets no two requests spend one token", async () => {
      const { limiter } = setup(t, configOf());
      const ada = await signedIn(t);
      const replies = await Promise.all(Array.from({ length: 40 }, () => ada.request("/api")));
      const admitted = replies.filter(({ status }) => status === 200);
      expect(admitted.map((reply) => reply.json<LimitedSession>().tokens.consumed).toSorted()).toEqual([1, 2, 3]);
      expect(replies.filter(({ status }) => status === 429)).toHaveLength(37);
      expect(limiter.counts().session).toMatchObject({ allowed: 3, limited: 37 });
    });

    it("counts a user's sessions together where it is told to, so that signing in again gives no new tokens", async () => {
      setup(t, configOf(), { by: "user" });
      const [laptop, phone] = [await signedIn(t), await signedIn(t)];
      const statuses = [];
      for (const { request } of [laptop, phone, laptop, phone]) statuses.push((await request("/api")).status);
      expect(statuses).toEqual([200, 200, 200, 429]);
      expect((await (await signedIn(t, "bob")).request("/api")).status).toBe(200);
    });

    it("takes a session that began with the request for none", async () => {
      const config = configOf();
      t.middleware(async (event) => (await useSession(event, config)).update({ seen: true }));
      setup(t, config);
      expect(codeOf(await t.request("/api"))).toBe("MISSING_SESSION");
      expect(codeOf(await t.request("/api", { headers: { cookie: "h3=forged" } }))).toBe("INVALID_SESSION");
      expect(codeOf(await t.request("/api", header("forged")))).toBe("INVALID_SESSION");
    });

    it("as a middleware shows the session to the handlers behind it, and each request its own", async () => {
      const config = configOf();
      const { limiter } = limiterAt({ session: "9/1h" });
      t.route("/sign-in/:user", async (event) => {
        await (await useSession(event, config)).regenerate({ userId: "ada" });
        return "in";
      });
      const limit = defineSessionRateLimit({ session: config, limiter, cost: 2, orgId: () => "org" });
      t.middleware(async (event) => {
        if (event.path !== "/me") return;
        const result = await limit.check(event);
        expect(limitedSession(event)).toEqual(result.allowed ? result.session : undefined);
      });
      t.route("/me", (event) => ({ session: limitedSession(event) ?? null }));
      const browser = t.browser();
      await browser.request("/sign-in/ada");
      for (const consumed of [2, 4]) {
        const { session } = (await browser.request("/me")).json<{ session: LimitedSession }>();
        expect(session).toMatchObject({ userId: "ada", orgId: "org", tokens: { issued: 9, consumed } });
      }
      expect((await t.request("/me")).json()).toEqual({ session: null });
    });
  });
}

describeMatrix("a limit on sessions as a middleware", (t, { it, expect }) => {
  it("refuses before the handler runs", async () => {
    const { limiter } = limiterAt({ session: "1/1h" });
    let ran = 0;
    t.use(defineSessionRateLimit({ session: { password: PASSWORD }, limiter }));
    t.route("/", () => `${(ran += 1)}`);
    const reply = await t.request("/");
    expect([reply.status, ran]).toEqual([401, 0]);
    expect(t.errors).toEqual([]);
  });

  it("is a 503 when the store does not answer, and no INVALID_SESSION", async () => {
    const store = faulty(new MapStore());
    const config = { password: STRONG, store };
    setup(t, config);
    const ada = await signedIn(t);
    store.fault = "throws";
    const reply = await ada.request("/api");
    expect([reply.status, reply.headers.get("retry-after")]).toEqual([503, "1"]);
    expect(reply.setCookies).toEqual([]);
    store.fault = undefined;
    expect((await ada.request("/api")).status).toBe(200);
  });
});
