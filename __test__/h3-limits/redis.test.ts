import { defineRateLimit, defineSessionRateLimit, rateLimitError, useRateLimit, useSession } from "ironkeep/h3";
import { createRateLimiter } from "ironkeep/limit";
import { onTestFinished, vi } from "vitest";
import { describeMatrix } from "../h3/_matrix.ts";
import { PASSWORD } from "../h3/_passwords.ts";
import { limiterOn, storeOn } from "../limit/_redis-limits.ts";
import { hasRedis, redisOfTest } from "../store/_redis.ts";
import { from, PROXY } from "./_limits.ts";

const onRedis = hasRedis ? describeMatrix : () => undefined;

onRedis("rate limits in h3 whose buckets are in Redis", (t, { it, expect }) => {
  it("are shared by all processes, several limits in one step", async () => {
    const server = await redisOfTest();
    const store = storeOn(server);
    const limits = { address: {}, all: { by: "all" } } as const;
    for (const path of ["/one", "/other"]) {
      const limiter = createRateLimiter({ limits: { address: "3/1h", all: "4/1h" }, store, deadline: 20_000 });
      onTestFinished(() => limiter.close());
      t.route(
        path,
        defineRateLimit({ limiter, limits, address: PROXY }).wrap(() => "done"),
      );
    }
    const statuses = [];
    for (const path of ["/one", "/other", "/one", "/other"])
      statuses.push((await t.request(path, from("192.0.2.1"))).status);
    expect(statuses).toEqual([200, 200, 200, 429]);
    const reply = await t.request("/other", from("192.0.2.2"));
    expect(reply.headers.get("ratelimit-policy")).toBe('"address";q=3;w=3600, "all";q=4;w=3600');
    expect(reply.headers.get("ratelimit")).toMatch(/^"address";r=2;t=1200, "all";r=0;t=\d+$/);
    expect((await t.request("/one", from("192.0.2.3"))).json()).toMatchObject({ "violated-policies": ["all"] });
  });

  it("let no two requests of a session spend one token", async () => {
    const server = await redisOfTest();
    const limiter = limiterOn(server, { name: "session", quota: "3/1h" });
    const session = { password: PASSWORD };
    const limit = defineSessionRateLimit({ session, limiter });
    t.route("/sign-in", async (event) => {
      await (await useSession(event, session)).regenerate({ userId: "ada" });
      return "in";
    });
    t.route(
      "/api",
      limit.wrap((_, { tokens }) => tokens),
    );
    const ada = t.browser();
    await ada.request("/sign-in");
    const replies = await Promise.all(Array.from({ length: 20 }, () => ada.request("/api")));
    const spent = replies
      .filter(({ status }) => status === 200)
      .map((reply) => reply.json<{ consumed: number }>().consumed);
    expect(spent.toSorted()).toEqual([1, 2, 3]);
    expect(replies.filter(({ status }) => status === 429)).toHaveLength(17);
  });

  it("while Redis is away do as the limiter was told: admit, refuse, or decide here", async () => {
    vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
    const server = await redisOfTest();
    const modes = { open: [200, 200, 200], closed: [503, 503, 503], local: [200, 200, 429] } as const;
    for (const mode of Object.keys(modes) as (keyof typeof modes)[]) {
      const limiter = limiterOn(server, { quota: "2/1h", onStoreError: mode });
      t.route(
        `/${mode}`,
        defineRateLimit({ limiter, by: "all", message: "Slow down" }).wrap(() => "done"),
      );
    }
    await server.kill();
    for (const [mode, expected] of Object.entries(modes)) {
      const replies = [];
      for (let n = 0; n < 3; n++) replies.push(await t.request(`/${mode}`));
      expect([mode, ...replies.map(({ status }) => status)]).toEqual([mode, ...expected]);
      for (const { headers, status, text } of replies.filter((reply) => reply.status !== 200)) {
        // It is for those who ask too often.
        expect(text.includes("Slow down")).toBe(status === 429);
        expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
        expect(headers.get("cache-control")).toBe("no-store");
      }
    }
    expect(t.errors).toEqual([]);
  });

  it("that nobody could count are an outage, and not too many", async () => {
    vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
    const server = await redisOfTest();
    const limiter = limiterOn(server, { name: "api", quota: "2/1h", onStoreError: "closed" });
    const seen: string[] = [];
    const onLimited = (_: unknown, { outcome }: { outcome: string }) => void seen.push(outcome);
    const limit = { limiter, by: "all", onLimited } as const;
    t.route(
      "/problem",
      defineRateLimit(limit).wrap(() => "done"),
    );
    t.route(
      "/error",
      defineRateLimit({ ...limit, body: "error" }).wrap(() => "done"),
    );
    t.route(
      "/dry",
      defineRateLimit({ ...limit, dryRun: true }).wrap(() => "done"),
    );
    t.route("/thrown", async (event) => {
      const decision = await useRateLimit(event, limit);
      throw rateLimitError(event, decision);
    });
    await server.kill();
    const problem = await t.request("/problem");
    expect(problem.json()).toMatchObject({ type: "about:blank", status: 503 });
    expect(problem.headers.get("ratelimit")).toBe(null);
    expect((await t.request("/error")).json()).toMatchObject({ error: { code: "RATE_LIMIT_UNAVAILABLE" } });
    expect((await t.request("/dry")).status).toBe(200);
    const thrown = await t.request("/thrown");
    expect([thrown.status, thrown.headers.get("retry-after")]).toEqual([503, "1"]);
    expect(seen).toEqual(["unavailable", "unavailable", "unavailable", "unavailable"]);
  });

  it("of a session that nobody could count are an outage", async () => {
    vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
    const server = await redisOfTest();
    const limiter = limiterOn(server, { name: "session", quota: "3/1h", onStoreError: "closed" });
    const session = { password: PASSWORD };
    t.route("/sign-in", async (event) => {
      await (await useSession(event, session)).regenerate({ userId: "ada" });
      return "in";
    });
    t.route(
      "/api",
      defineSessionRateLimit({ session, limiter }).wrap(() => "done"),
    );
    const ada = t.browser();
    await ada.request("/sign-in");
    await server.kill();
    const reply = await ada.request("/api");
    expect([reply.status, reply.headers.get("retry-after")]).toEqual([503, "1"]);
    expect(reply.json()).toMatchObject({ error: { code: "RATE_LIMIT_UNAVAILABLE" } });
  });
});
