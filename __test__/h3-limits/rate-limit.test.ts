import {
  clientAddress,
  defineRateLimit,
  type RateLimitDecision,
  rateLimitError,
  useRateLimit,
  useSession,
} from "ironkeep/h3";
import * as rc2 from "h3-v2-rc2";
import { type Item, parseList } from "structured-headers";
import type { Reply } from "../h3/_http.ts";
import { describeMatrix, type MatrixContext } from "../h3/_matrix.ts";
import { PASSWORD } from "../h3/_passwords.ts";
import { freshName, from, limiterAt, PROXY } from "./_limits.ts";

/** The names and parameters of a field. */
function fieldOf(reply: Reply, name: string): Record<string, unknown> {
  const items = parseList(reply.headers.get(name) ?? "") as Item[];
  return Object.fromEntries(items.map(([value, parameters]) => [value, Object.fromEntries(parameters)]));
}

const told = (reply: Reply) => ({ policy: fieldOf(reply, "ratelimit-policy"), limit: fieldOf(reply, "ratelimit") });

/** Routes behind a limit of two requests a minute, and the time that passes. */
function setup(t: MatrixContext, options: Partial<Parameters<typeof defineRateLimit>[0]> = {}) {
  const { limiter, pass } = limiterAt({ api: "2/1m" });
  let ran = 0;
  t.use(defineRateLimit({ limiter, address: PROXY, ...options }));
  t.route("/", () => `${(ran += 1)}`);
  return { limiter, pass, ran: () => ran };
}

describeMatrix("the rate limit middleware", (t, { it, expect }) => {
  it("admits what the quota has, refuses the rest before the handler runs, and admits again when it said so", async () => {
    const { pass, ran } = setup(t);
    const first = await t.request("/", from("192.0.2.1"));
    expect([first.status, first.text]).toEqual([200, "1"]);
    expect(told(first)).toEqual({ policy: { api: { q: 2, w: 60 } }, limit: { api: { r: 1, t: 30 } } });
    expect(first.headers.get("retry-after")).toBeNull();
    expect((await t.request("/", from("192.0.2.1"))).text).toBe("2");
    const refused = await t.request("/", from("192.0.2.1"));
    expect(refused.status).toBe(429);
    expect(refused.headers.get("retry-after")).toBe("30");
    expect(refused.headers.get("cache-control")).toBe("no-store");
    expect(told(refused)).toEqual({ policy: { api: { q: 2, w: 60 } }, limit: { api: { r: 0, t: 30 } } });
    expect(refused.setCookies).toEqual([]);
    expect(ran()).toBe(2);
    pass(29.999);
    expect((await t.request("/", from("192.0.2.1"))).headers.get("retry-after")).toBe("1");
    pass(0.001);
    expect((await t.request("/", from("192.0.2.1"))).status).toBe(200);
    expect((await t.request("/", from("192.0.2.2"))).status).toBe(200);
    expect(t.errors).toEqual([]);
    expect(t.logged).toEqual([]);
  });

  it("refuses with problem details, or with an error of the form that was asked for", async () => {
    setup(t);
    for (let n = 0; n < 2; n++) await t.request("/", from("192.0.2.1"));
    const problem = await t.request("/", from("192.0.2.1"));
    expect(problem.headers.get("content-type")).toBe("application/problem+json");
    expect(problem.json()).toEqual({
      type: "https://iana.org/assignments/http-problem-types#quota-exceeded",
      title: "Request cannot be satisfied as assigned quota has been exceeded",
      status: 429,
      detail: "Too many requests: try again later",
      "violated-policies": ["api"],
    });
    const wrapped = defineRateLimit({ name: freshName(), quota: "1/1m", by: "all", body: "error", message: "Slowly" });
    t.route(
      "/wrapped",
      wrapped.wrap(() => "done"),
    );
    expect((await t.request("/wrapped", from("192.0.2.9"))).text).toBe("done");
    const error = await t.request("/wrapped", from("192.0.2.9"));
    expect([error.status, error.headers.get("content-type")]).toEqual([429, "application/json"]);
    expect(error.json()).toEqual({ error: { code: "RATE_LIMIT_EXCEEDED", message: "Slowly" } });
  });

  it("sets the older fields where they are asked for, both or none", async () => {
    for (const [fields, draft, legacy] of [
      ["x-ratelimit", false, true],
      ["both", true, true],
      ["none", false, false],
      ["ratelimit", true, false],
    ] as const) {
      const limit = defineRateLimit({ name: freshName(), quota: "1/1h", by: "all", fields });
      t.route(
        `/${fields}`,
        limit.wrap(() => "done"),
      );
      for (const status of [200, 429]) {
        const before = Math.floor(Date.now() / 1000);
        const reply = await t.request(`/${fields}`);
        const has = (name: string) => reply.headers.has(name);
        expect(reply.status).toBe(status);
        expect([has("ratelimit"), has("ratelimit-policy")]).toEqual([draft, draft]);
        expect(["limit", "remaining", "reset"].map((name) => has(`x-ratelimit-${name}`))).toEqual([
          legacy,
          legacy,
          legacy,
        ]);
        if (!legacy) continue;
        expect(reply.headers.get("x-ratelimit-limit")).toBe("1");
        expect(reply.headers.get("x-ratelimit-remaining")).toBe("0");
        const reset = Number(reply.headers.get("x-ratelimit-reset")) - before;
        expect(reset).toBeGreaterThanOrEqual(3590);
        expect(reset).toBeLessThanOrEqual(3610);
      }
    }
  });

  it("keeps its fields when the handler throws, or answers with a Response of its own", async () => {
    setup(t, { by: "all" as const });
    const { limiter } = limiterAt({ more: "9/1m" });
    t.use(defineRateLimit({ limiter, address: PROXY }));
    t.route("/throws", () => {
      throw t.httpError(418, "teapot");
    });
    t.route("/missing", () => new Response("none", { status: 404 }));
    for (const [path, status] of [
      ["/throws", 418],
      ["/missing", 404],
    ] as const) {
      const reply = await t.request(path, from("192.0.2.1"));
      expect(reply.status).toBe(status);
      expect(Object.keys(fieldOf(reply, "ratelimit"))).toEqual(["api", "more"]);
      expect(fieldOf(reply, "ratelimit-policy")).toEqual({ api: { q: 2, w: 60 }, more: { q: 9, w: 60 } });
    }
  });

  it("keeps what others set for a refusal, but for Cache-Control", async () => {
    t.middleware(async (event) => {
      t.setHeader(event, "access-control-allow-origin", "https://app.example");
      t.setHeader(event, "cache-control", "public, max-age=60");
      const session = await useSession(event, { password: PASSWORD });
      await session.update({ seen: true });
    });
    setup(t);
    for (let n = 0; n < 2; n++) await t.request("/", from("192.0.2.1"));
    const refused = await t.request("/", from("192.0.2.1"));
    expect(refused.status).toBe(429);
    expect(refused.headers.get("access-control-allow-origin")).toBe("https://app.example");
    expect(refused.headers.get("cache-control")).toBe("no-store");
    expect(refused.cookieNames()).toEqual(["h3"]);
  });

  it("asks several limits at once: all take, or none does", async () => {
    const { limiter, pass } = limiterAt({ burst: "2/1s", day: "3/1d" });
    t.use(defineRateLimit({ limiter, limits: { burst: {}, day: {} }, address: PROXY }));
    t.route("/", () => "done");
    const send = () => t.request("/", from("192.0.2.1"));
    expect(Object.keys(fieldOf(await send(), "ratelimit"))).toEqual(["burst", "day"]);
    await send();
    const refused = await send();
    expect(told(refused).limit).toEqual({ burst: { r: 0, t: 1 } });
    expect(refused.headers.get("retry-after")).toBe("1");
    expect(refused.json()).toMatchObject({ "violated-policies": ["burst"] });
    pass(1);
    const third = await send();
    // The refusal took nothing from the day.
    expect([third.status, told(third).limit["day"]]).toEqual([200, { r: 0, t: 86_399 }]);
    const last = await send();
    expect(last.json()).toMatchObject({ "violated-policies": ["day"] });
    expect(Number(last.headers.get("retry-after"))).toBe(28_799);
  });

  it("of a refusal behind another limit, no t is later than Retry-After", async () => {
    const hours = limiterAt({ hours: "10/10h" });
    const { limiter } = limiterAt({ short: "1/10s" });
    t.use(defineRateLimit({ limiter: hours.limiter, address: PROXY }));
    t.use(defineRateLimit({ limiter, address: PROXY }));
    t.route("/", () => "done");
    await t.request("/", from("192.0.2.1"));
    const refused = await t.request("/", from("192.0.2.1"));
    expect(refused.headers.get("retry-after")).toBe("10");
    expect(told(refused).limit).toEqual({ short: { r: 0, t: 10 } });
  });

  it("counts what came of requests", async () => {
    const name = freshName();
    const limit = defineRateLimit({ name, quota: "2/1h", address: PROXY });
    t.use(limit);
    t.route("/", () => "done");
    for (let n = 0; n < 5; n++) await t.request("/", from("192.0.2.1"));
    expect(Object.keys(limit.counts())).toEqual([name]);
    expect(limit.counts()[name]).toMatchObject({ allowed: 2, limited: 3, degraded: 0, keys: 1, evictions: 0 });
  });

  it("reads a huge header from its end alone, and a client of many is one", async () => {
    setup(t);
    const junk = ["6.6.6.6,", '"', "[", " ,"].map((part) => part.repeat(400_000 / part.length));
    const statuses = [];
    for (const front of junk) statuses.push((await t.request("/", from(`${front},192.0.2.1`))).status);
    expect(statuses).toEqual([200, 200, 429, 429]);
  });

  it("tells the address of the connection, and who asked the proxy", async () => {
    t.route("/", (event) => [clientAddress(event) ?? null, clientAddress(event, PROXY) ?? null]);
    const reply = await t.request("/", from("6.6.6.6, [2001:db8::1]:443"));
    const connection = t.target === "real server" ? "127.0.0.1" : null;
    expect(reply.json()).toEqual([connection, "2001:db8::/64"]);
  });

  it("without a proxy takes the address of the connection, or one bucket for all that have none", async () => {
    const { limiter } = limiterAt({ api: "2/1m" });
    t.use(defineRateLimit({ limiter }));
    t.route("/", () => "done");
    const statuses = [];
    for (const address of ["1.1.1.1", "2.2.2.2", "3.3.3.3"])
      statuses.push((await t.request("/", from(address))).status);
    expect(statuses).toEqual([200, 200, 429]);
  });
});

describeMatrix("a rate limit in a handler", (t, { it, expect }) => {
  it("useRateLimit says what came of it, sets the fields, and refuses nothing", async () => {
    const { limiter } = limiterAt({ api: "1/1m" });
    const decisions: RateLimitDecision[] = [];
    t.route("/", async (event) => {
      decisions.push(await useRateLimit(event, { limiter, address: PROXY }));
      return "done";
    });
    for (const remaining of [0, 0]) {
      const reply = await t.request("/", from("192.0.2.1"));
      expect([reply.status, reply.text]).toEqual([200, "done"]);
      expect(fieldOf(reply, "ratelimit")).toMatchObject({ api: { r: remaining } });
    }
    expect(decisions[0]).toMatchObject({ allowed: true, outcome: "admitted", policy: "api", limit: 1, remaining: 0 });
    expect(decisions[1]).toMatchObject({ allowed: false, outcome: "limited", retryAfter: 60 });
    // What it gives can be undone: it is the limiter's own decision.
    expect(await limiter.refund(decisions[0] as never)).toBe(true);
    await t.request("/", from("192.0.2.1"));
    expect(decisions[2]).toMatchObject({ allowed: true });
  });

  it("options that are written inside of a handler find their buckets again", async () => {
    const name = freshName();
    t.route("/", async (event) => {
      const options = { name, quota: { limit: 2, window: "1h" }, by: () => "one" };
      return { allowed: (await useRateLimit(event, options)).allowed };
    });
    const allowed = [];
    for (let n = 0; n < 3; n++) allowed.push((await t.request("/")).json<{ allowed: boolean }>().allowed);
    expect(allowed).toEqual([true, true, false]);
  });

  it("rateLimitError is a 429 of the h3 that runs, with fields and Retry-After", async () => {
    const limit = defineRateLimit({ name: freshName(), quota: "1/1m", by: "all" });
    t.route("/", async (event) => {
      const decision = await useRateLimit(event, limit);
      if (!decision.allowed) throw rateLimitError(event, decision, { body: "error" });
      return "done";
    });
    expect((await t.request("/")).text).toBe("done");
    const reply = await t.request("/");
    expect(reply.status).toBe(429);
    expect(Number(reply.headers.get("retry-after"))).toBeGreaterThan(50);
    expect(reply.headers.get("cache-control")).toBe("no-store");
    expect(reply.headers.has("ratelimit")).toBe(true);
    expect(t.isHttpError(t.errors[0])).toBe(true);
    expect(t.errors[0]).toMatchObject({ code: "ERR_RATE_LIMITED", status: 429, statusCode: 429 });
    const body = reply.json<Record<string, unknown>>();
    if (t.major === 2) expect(body["error"]).toMatchObject({ code: "RATE_LIMIT_EXCEEDED" });
    else expect(body["data"]).toEqual({ code: "ERR_RATE_LIMITED" });
  });

  it("rateLimitError carries the fields itself, for releases of h3 2 whose errors have no other headers", async () => {
    const app = new rc2.H3({ silent: true });
    const limit = defineRateLimit({ name: freshName(), quota: "1/1h", by: "all" });
    const name = freshName();
    app.use(defineRateLimit({ name, quota: "9/1h", by: "all" }));
    app.get("/", async (event) => {
      const decision = await useRateLimit(event, limit);
      if (!decision.allowed) throw rateLimitError(event, decision);
      return "done";
    });
    expect(await (await app.request("/")).text()).toBe("done");
    const reply = await app.request("/");
    expect([reply.status, reply.headers.get("retry-after")]).toEqual([429, "3600"]);
    expect(reply.headers.get("ratelimit")).toContain(";r=0;t=3600");
    expect(reply.headers.get("ratelimit-policy")).toContain(`"${name}";q=9;w=3600`);
  });

  it("wrap keeps the handler's answer, and its errors", async () => {
    const limit = defineRateLimit({ name: freshName(), quota: "9/1m", by: "all" });
    t.route(
      "/json",
      limit.wrap(async () => ({ a: 1 })),
    );
    t.route(
      "/throws",
      limit.wrap(() => {
        throw t.httpError(404, "none");
      }),
    );
    expect((await t.request("/json")).json()).toEqual({ a: 1 });
    expect((await t.request("/throws")).status).toBe(404);
  });
});
