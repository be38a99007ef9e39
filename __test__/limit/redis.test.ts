// Limits in Redis, through JavaScript.

import { createRateLimiter } from "ironkeep/limit";
import { describe, expect, it, onTestFinished } from "vitest";

import { hasRedis, PASSWORD, sharedRedis } from "../store/_redis.ts";
import { clusterOfTest } from "../store/_redis-topologies.ts";
import { limiterOn, storeOn } from "./_redis-limits.ts";

describe.each(hasRedis ? ["Redis"] : [])("limits in Redis (%s)", () => {
  it("admit the burst and refuse, by the server's clock", async () => {
    const limiter = limiterOn(await sharedRedis(), { quota: "3/1h" });
    const decisions = [];
    for (let call = 0; call < 4; call++) decisions.push(await limiter.consume("a"));
    expect(decisions.map(({ allowed, remaining }) => [allowed, remaining])).toEqual([
      [true, 2],
      [true, 1],
      [true, 0],
      [false, 0],
    ]);
    const [, , third, refused] = decisions;
    expect(refused?.retryAfter).toBeLessThanOrEqual(1200);
    expect(refused?.retryAfter).toBeGreaterThan(1100);
    expect(third?.at).toBeLessThanOrEqual(refused?.at ?? 0);
    expect(Math.abs((refused?.at ?? 0) - Date.now())).toBeLessThan(60_000);
    expect(refused?.degraded).toBe(false);
  });

  it("are those of all limiters of a prefix, and of one quota", async () => {
    const server = await sharedRedis();
    const store = storeOn(server);
    const one = limiterOn(server, { quota: "5/1h", store });
    const other = limiterOn(server, { quota: "5/1h", store });
    const changed = limiterOn(server, { quota: "6/1h", store });
    await one.consume("a", { cost: 4 });
    expect((await other.peek("a")).remaining).toBe(1);
    expect((await changed.peek("a")).remaining).toBe(6);
  });

  it("of several names take in one step, or none does", async () => {
    const limiter = limiterOn(await sharedRedis(), { limits: { address: "10/1h", user: "2/1h" } });
    const keys = { address: "192.0.2.1", user: "u1" };
    await limiter.consume(keys);
    await limiter.consume(keys);
    const refused = await limiter.consume(keys);
    expect(refused).toMatchObject({ policy: "user", allowed: false });
    expect((await limiter.peek({ address: "192.0.2.1" })).remaining).toBe(8);
    expect(limiter.counts()).toMatchObject({ address: { allowed: 2, limited: 0 }, user: { allowed: 2, limited: 1 } });
  });

  it("are undone once, penalized and reset", async () => {
    const limiter = limiterOn(await sharedRedis(), { quota: "5/1h" });
    const decision = await limiter.consume("a", { cost: 2 });
    expect(await limiter.refund(decision)).toBe(true);
    expect(await limiter.refund(decision)).toBe(false);
    expect((await limiter.peek("a")).remaining).toBe(5);
    const first = await limiter.consume("a");
    await limiter.consume("a");
    expect(await limiter.refund(first)).toBe(false);
    expect(await limiter.penalize("a", "1m")).toBe(true);
    const refused = await limiter.consume("a");
    expect(refused.allowed).toBe(false);
    expect(Math.abs((refused.blockedUntil ?? 0) - Date.now() - 60_000)).toBeLessThan(30_000);
    await limiter.reset("a");
    expect(await limiter.consume("a")).toMatchObject({ allowed: true, remaining: 4 });
  });

  it("of one tick are one after another for a key, and each settles alone", async () => {
    const limiter = limiterOn(await sharedRedis(), { quota: "50/1h" });
    const calls = Array.from({ length: 200 }, (_, nth) =>
      nth % 50 === 49 ? limiter.consume("a", { cost: 51 }) : limiter.consume("a"),
    );
    const settled = await Promise.allSettled(calls);
    const rejected = settled.filter(({ status }) => status === "rejected");
    expect(rejected.length).toBe(4);
    const allowed = settled.filter((call) => call.status === "fulfilled" && call.value.allowed);
    expect(allowed.length).toBe(50);
  });

  it("keep no key of a caller", async () => {
    const server = await sharedRedis();
    const limiter = limiterOn(server, { quota: "50/1h" });
    await limiter.consume("198.51.100.77");
    expect((await server.dump()).includes("198.51.100.77")).toBe(false);
  });

  it("take no time of the caller, and refuse what cannot be asked", async () => {
    const limiter = limiterOn(await sharedRedis(), { quota: "5/1h" });
    const config = expect.objectContaining({ code: "ERR_CONFIG" });
    await expect(limiter.consume("a", { now: 5 })).rejects.toEqual(config);
    await expect(limiter.consume("a", { cost: 6 })).rejects.toEqual(config);
    await expect(limiter.penalize("a", "400d")).rejects.toEqual(config);
    await limiter.close();
    await limiter.close();
    await expect(limiter.consume("a")).rejects.toEqual(expect.objectContaining({ code: "ERR_STORE_CLOSED" }));
  });

  it("in leases are far fewer calls of Redis, and admit no more", async () => {
    const server = await sharedRedis();
    const store = storeOn(server);
    const limiter = limiterOn(server, { quota: "1000/1h", store, lease: { size: 100 } });
    const before = await server.scriptsRun();
    let allowed = 0;
    for (let call = 0; call < 1500; call++) allowed += Number((await limiter.consume("a")).allowed);
    expect(allowed).toBe(1000);
    expect((await server.scriptsRun()) - before).toBeLessThan(60);
    expect((await limiterOn(server, { quota: "1000/1h", store }).peek("a")).remaining).toBe(0);
  });

  it("in leases of a part of the burst, of several limits", async () => {
    const limits = { address: "100/1h", user: "10/1h" };
    const limiter = limiterOn(await sharedRedis(), { limits, lease: { fraction: 0.5 } });
    const keys = { address: "a", user: "u" };
    const decisions = await Promise.all(Array.from({ length: 30 }, () => limiter.consume(keys)));
    expect(decisions.filter(({ allowed }) => allowed).length).toBe(10);
    const refused = decisions.find(({ allowed }) => !allowed);
    expect(refused).toMatchObject({ policy: "user", allowed: false, degraded: false });
    // What a lease gave is not given back.
    const leased = decisions.find(({ allowed }) => allowed);
    expect(leased && (await limiter.refund(leased))).toBe(false);
  });

  it("in a Cluster undo on other slots what one refuses", { timeout: 120_000 }, async () => {
    const nodes = await clusterOfTest();
    const cluster = nodes.map((node) => `redis://:${PASSWORD}@127.0.0.1:${node.port}`);
    const limiter = createRateLimiter({
      limits: { narrow: "100/1h", wide: "5/1m" },
      store: { driver: "redis", cluster, prefix: "test:" },
      deadline: 20_000,
    });
    onTestFinished(() => limiter.close());
    // Keys on many slots. The narrow limit is asked first, and given back when the wide one refuses.
    for (let key = 0; key < 20; key++) {
      const keys = { narrow: `narrow ${key}`, wide: `wide ${key}` };
      await limiter.consume(keys, { cost: { wide: 5 } });
      const refused = await limiter.consume(keys, { cost: { wide: 5 } });
      expect(refused).toMatchObject({ policy: "wide", allowed: false });
      expect(refused.decisions[0]).toMatchObject({ policy: "narrow", allowed: true, remaining: 99 });
      expect((await limiter.peek({ narrow: keys.narrow })).remaining).toBe(99);
    }
  });

  it.each(["open", "local"] as const)(
    "in a Cluster are refused though another node is away (%s)",
    { timeout: 120_000 },
    async (onStoreError) => {
      const nodes = await clusterOfTest();
      const cluster = nodes.map((node) => `redis://:${PASSWORD}@127.0.0.1:${node.port}`);
      const limiter = createRateLimiter({
        limits: { account: "1/15m", everybody: "1000/1m" },
        store: { driver: "redis", cluster, prefix: `away-${onStoreError}:` },
        deadline: 1000,
        onStoreError,
      });
      onTestFinished(() => limiter.close());
      const keys = Array.from({ length: 24 }, (_, at) => ({ account: `account ${at}`, everybody: `all ${at}` }));
      for (const each of keys) expect((await limiter.consume(each)).allowed).toBe(true);
      const [away] = nodes;
      onTestFinished(() => away?.goOn());
      away?.stop();
      // Whether an account's own node is there, which is asked first.
      const known = await Promise.all(keys.map(async ({ account }) => !(await limiter.peek({ account })).degraded));
      expect(new Set(known)).toEqual(new Set([true, false]));
      const decisions = await Promise.all(keys.map((each) => limiter.consume(each)));
      const refused = decisions.map(({ allowed, degraded, policy }) => [allowed, degraded, policy].join());
      expect(refused.filter((_, at) => known[at])).toEqual(known.filter(Boolean).map(() => "false,false,account"));
    },
  );
});

it.each(hasRedis ? [] : [process.platform])("(not run on %s: Redis)", () => {
  expect(hasRedis).toBe(false);
});
