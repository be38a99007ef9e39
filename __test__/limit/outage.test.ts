// Redis is killed and comes back, by what is to decide meanwhile.

import { describe, expect, it, vi } from "vitest";

import { hasRedis, redisOfTest } from "../store/_redis.ts";
import { limiterOn } from "./_redis-limits.ts";

describe.each(hasRedis ? ["Redis"] : [])("while Redis is away (%s)", () => {
  it.each(["open", "closed", "local"] as const)(
    "%s decides, says so, and Redis decides again",
    async (onStoreError) => {
      const warnings = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
      const server = await redisOfTest();
      const limiter = limiterOn(server, { quota: "3/1h", onStoreError });
      expect(await limiter.consume("a")).toMatchObject({ allowed: true, remaining: 2, degraded: false });

      await server.kill();
      const decisions = [];
      for (let call = 0; call < 5; call++) decisions.push(await limiter.consume("a"));
      expect(decisions.every(({ degraded }) => degraded)).toBe(true);
      const admitted = { open: 5, closed: 0, local: 3 }[onStoreError];
      expect(decisions.filter(({ allowed }) => allowed).length).toBe(admitted);
      expect(limiter.counts().default.degraded).toBe(5);
      if (onStoreError !== "open") expect(decisions.at(-1)?.retryAfter).toBeGreaterThan(0);
      for (const [warning] of warnings.mock.calls) {
        expect(String(warning)).toMatch(/^A rate limiter decides without Redis\. /);
        expect(String(warning)).not.toMatch(/a-password/);
      }

      await server.start();
      // It is looked for again within a second, and what it kept is there.
      const back = await vi.waitFor(
        async () => {
          const decision = await limiter.peek("a");
          expect(decision.degraded).toBe(false);
          return decision;
        },
        { timeout: 20_000, interval: 20 },
      );
      expect(back.remaining).toBe(2);
      warnings.mockRestore();
    },
  );

  it("one that answers nobody is waited for as long as the deadline allows", async () => {
    const server = await redisOfTest();
    const limiter = limiterOn(server, { quota: "3/1h", onStoreError: "closed", deadline: 200 });
    await vi.waitFor(async () => expect((await limiter.consume("a", { cost: 0 })).degraded).toBe(false), 20_000);
    server.stop();
    const began = performance.now();
    const decisions = await Promise.all(Array.from({ length: 50 }, () => limiter.consume("a")));
    expect(decisions.every(({ allowed, degraded }) => !allowed && degraded)).toBe(true);
    expect(performance.now() - began).toBeLessThan(10_000);
    // Now it is left alone: nobody waits for it.
    const before = performance.now();
    for (let call = 0; call < 20; call++) expect((await limiter.consume("a")).degraded).toBe(true);
    expect(performance.now() - before).toBeLessThan(20 * 200);
    server.goOn();
  });

  it("a mistake of the caller is an error, and no outage", async () => {
    const server = await redisOfTest();
    const limiter = limiterOn(server, { quota: "3/1h", onStoreError: "open" });
    await server.kill();
    await expect(limiter.consume("a", { cost: 4 })).rejects.toEqual(expect.objectContaining({ code: "ERR_CONFIG" }));
    await expect(limiter.penalize("a", 5)).rejects.toEqual(expect.objectContaining({ code: "ERR_STORE_UNAVAILABLE" }));
  });

  it("a refund of what this process gave is given back here", async () => {
    const server = await redisOfTest();
    const limiter = limiterOn(server, { quota: "3/1h" });
    await server.kill();
    const decision = await limiter.consume("a");
    expect(decision).toMatchObject({ degraded: true, remaining: 2 });
    expect(await limiter.refund(decision)).toBe(true);
    expect((await limiter.peek("a")).remaining).toBe(3);
  });
});

it.each(hasRedis ? [] : [process.platform])("(not run on %s: Redis)", () => {
  expect(hasRedis).toBe(false);
});
