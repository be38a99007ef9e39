// Limits in the process's memory, by a clock that the test moves.

import { createRateLimiter } from "ironkeep/limit";
import { describe, expect, it, vi } from "vitest";

function at(start = 0) {
  const time = { now: start };
  return { time, clock: () => time.now };
}

describe("one limit", () => {
  it("admits the burst, refuses, and says exactly when it would admit", () => {
    const { time, clock } = at(1000);
    const limiter = createRateLimiter({ quota: "3/1s", clock });
    const remaining = [1, 2, 3].map(() => limiter.consumeSync("a").remaining);
    expect(remaining).toEqual([2, 1, 0]);
    const refused = limiter.consumeSync("a");
    expect(refused).toMatchObject({ policy: "default", allowed: false, limit: 3, remaining: 0, degraded: false });
    time.now = 1000 + refused.retryAfter * 1000 - 1e-3;
    expect(limiter.consumeSync("a").allowed).toBe(false);
    time.now = 1000 + refused.retryAfter * 1000;
    expect(limiter.consumeSync("a").allowed).toBe(true);
  });

  it("tells the window in which an empty bucket fills", () => {
    const limiter = createRateLimiter({ quota: { limit: 100, window: "1m", burst: 20 }, name: "api" });
    expect(limiter.policies).toEqual([{ name: "api", limit: 20, window: 12 }]);
  });

  it("gives the same by promises, and by a time of the caller", async () => {
    const limiter = createRateLimiter({ quota: "2/1s" });
    const [one, two, three] = await Promise.all([1, 2, 3].map(() => limiter.consume("a", { now: 5 })));
    expect([one?.allowed, two?.allowed, three?.allowed]).toEqual([true, true, false]);
    expect(three?.at).toBe(5);
    expect((await limiter.peek("a", { now: 505 })).remaining).toBe(1);
  });

  it("takes costs, and refuses those that could never be admitted", () => {
    const limiter = createRateLimiter({ quota: "10/1s", clock: () => 0 });
    expect(limiter.consumeSync("a", { cost: 7 }).remaining).toBe(3);
    expect(limiter.consumeSync("a", { cost: 4 }).allowed).toBe(false);
    expect(limiter.consumeSync("a", { cost: 0 }).allowed).toBe(true);
    expect(() => limiter.consumeSync("a", { cost: 11 })).toThrow(expect.objectContaining({ code: "ERR_CONFIG" }));
  });

  it("tells keys apart, whatever characters they have and however long they are", () => {
    const limiter = createRateLimiter({ quota: "1/1h" });
    const long = "k".repeat(1000);
    const keys = [
      "",
      "a",
      "a\0",
      "\u0100",
      "\u0000",
      "ä",
      "a\u0308",
      "\u{1f600}",
      "\u{1f601}",
      long,
      `${long}a`,
      `${long}ä`,
    ];
    expect(keys.map((key) => limiter.consumeSync(key).allowed)).toEqual(keys.map(() => true));
    expect(keys.map((key) => limiter.consumeSync(key).allowed)).toEqual(keys.map(() => false));
    expect(limiter.counts().default).toMatchObject({ allowed: keys.length, limited: keys.length, keys: keys.length });
    expect(limiter.refundSync(limiter.consumeSync("b"))).toBe(true);
  });

  it("goes by process.hrtime, which fake timers move", () => {
    vi.useFakeTimers();
    try {
      const limiter = createRateLimiter({ quota: "1/1m" });
      expect(limiter.consumeSync("a").allowed).toBe(true);
      expect(limiter.consumeSync("a").allowed).toBe(false);
      vi.advanceTimersByTime(60_000);
      expect(limiter.consumeSync("a").allowed).toBe(true);
    } finally {
      vi.useRealTimers();
    }
  });

  it("undoes a decision once, and only the last one", () => {
    const limiter = createRateLimiter({ quota: "5/1s", clock: () => 0 });
    const first = limiter.consumeSync("a", { cost: 2 });
    const last = limiter.consumeSync("a");
    expect(limiter.refundSync(first)).toBe(false);
    expect(limiter.refundSync(last)).toBe(true);
    expect(limiter.refundSync(last)).toBe(false);
    expect(limiter.peekSync("a").remaining).toBe(3);
    expect(limiter.refundSync({ ...last, decisions: [] })).toBe(false);
  });

  it("penalizes until the end, and shows it as an instant", () => {
    const { time, clock } = at();
    const limiter = createRateLimiter({ quota: "5/1s", clock });
    expect(limiter.penalizeSync("a", "1m")).toBe(true);
    const refused = limiter.consumeSync("a");
    expect(refused).toMatchObject({ allowed: false, remaining: 0, retryAfter: 60, resetAfter: 60 });
    expect(Math.abs((refused.blockedUntil ?? 0) - Date.now() - 60_000)).toBeLessThan(5000);
    time.now = 60_000;
    expect(limiter.consumeSync("a").allowed).toBe(true);
    limiter.penalizeSync("a", 5);
    limiter.resetSync("a");
    expect(limiter.consumeSync("a")).toMatchObject({ allowed: true, remaining: 4 });
  });

  it("shows a plain object: as JSON, spread, and without what a refund needs", () => {
    const decision = createRateLimiter({ quota: "5/1s", clock: () => 7 }).consumeSync("a");
    const plain = {
      policy: "default",
      allowed: true,
      limit: 5,
      remaining: 4,
      retryAfter: 0,
      resetAfter: 0.2,
      degraded: false,
      at: 7,
    };
    expect(JSON.parse(JSON.stringify(decision))).toEqual(plain);
    expect({ ...decision }).toEqual(plain);
  });

  it("keeps under its ceiling, and says what it gave up", () => {
    const limiter = createRateLimiter({ quota: "5/1h", maxKeys: 100, clock: () => 0 });
    for (let key = 0; key < 1000; key++) limiter.consumeSync(`k${key}`);
    expect(limiter.counts().default).toEqual({ allowed: 1000, limited: 0, degraded: 0, keys: 100, evictions: 900 });
  });
});

describe("several limits", () => {
  const open = () =>
    createRateLimiter({
      limits: { address: "10/1m", user: { limit: 2, window: 60 }, route: "100/1m" },
      clock: () => 0,
    });

  it("take in one step, or none does", () => {
    const limiter = open();
    const keys = { address: "192.0.2.1", user: "u1" };
    limiter.consumeSync(keys);
    limiter.consumeSync(keys);
    const refused = limiter.consumeSync(keys);
    expect(refused).toMatchObject({ policy: "user", allowed: false, retryAfter: 30 });
    expect(refused.decisions.map(({ policy, allowed }) => [policy, allowed])).toEqual([
      ["address", true],
      ["user", false],
    ]);
    expect(limiter.peekSync({ address: "192.0.2.1" }).remaining).toBe(8);
  });

  it("show the one with the fewest tokens, and are asked in the limiter's order", () => {
    const decision = open().consumeSync({ route: "/", address: "a" }, { cost: { route: 95 } });
    expect(decision.policy).toBe("route");
    expect(decision.decisions.map(({ policy, remaining }) => [policy, remaining])).toEqual([
      ["address", 9],
      ["route", 5],
    ]);
  });

  it("are undone together", () => {
    const limiter = open();
    const decision = limiter.consumeSync({ address: "a", user: "u" });
    expect(limiter.refundSync(decision)).toBe(true);
    expect(limiter.refundSync(decision)).toBe(false);
    expect(limiter.peekSync({ address: "a", user: "u" }).decisions.map(({ remaining }) => remaining)).toEqual([10, 2]);
  });
});

describe("the end", () => {
  it("refuses every call", async () => {
    const limiter = createRateLimiter({ quota: "5/1s" });
    const decision = await limiter.consume("a");
    await limiter.close();
    await limiter.close();
    const closed = expect.objectContaining({ code: "ERR_STORE_CLOSED" });
    for (const call of [() => limiter.consume("a"), () => limiter.reset("a"), () => limiter.refund(decision)]) {
      await expect(call()).rejects.toEqual(closed);
    }
  });

  it("comes by asyncDispose", async () => {
    const limiter = createRateLimiter({ quota: "5/1s" });
    await limiter[Symbol.asyncDispose]();
    expect(() => limiter.consumeSync("a")).toThrow(expect.objectContaining({ code: "ERR_STORE_CLOSED" }));
  });
});

describe("a name", () => {
  it("is under which limiters use the same buckets", () => {
    const options = { quota: "2/1h", shared: "a name of this test", clock: () => 0 };
    const [one, other] = [createRateLimiter(options), createRateLimiter(options)];
    one.consumeSync("a");
    expect(other.consumeSync("a").remaining).toBe(0);
    expect(createRateLimiter({ quota: "2/1h", clock: () => 0 }).consumeSync("a").remaining).toBe(1);
    const differs = () => createRateLimiter({ ...options, maxKeys: 5 });
    expect(differs).toThrow(
      expect.objectContaining({ code: "ERR_CONFIG", message: expect.stringContaining("shared") }),
    );
  });
});
