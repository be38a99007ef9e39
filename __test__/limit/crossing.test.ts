// The ways on which calls cross: most by memory that both sides have, the others by arguments. None may be told from another.
import { createRateLimiter } from "ironkeep/limit";
import { describe, expect, it } from "vitest";

const clock = () => 1000;
const limiterOf = (quota: string) => createRateLimiter({ quota, clock });
const LONGEST = 64;

describe("a key", () => {
  const keys = [
    "",
    "a",
    "\u0000",
    "a".repeat(LONGEST),
    "a".repeat(LONGEST + 1),
    "\u007f",
    "é",
    "€",
    "💶",
    "\ud83d",
    "ÿ".repeat(9),
  ];

  it.each(keys.map((key, index) => [index, key]))("has one bucket on every way: %i", (_index, key) => {
    const limiter = limiterOf("10/1m");
    expect(limiter.consumeSync(key).remaining).toBe(9);
    expect(limiter.consumeSync({ default: key }, { cost: 2 }).remaining).toBe(7);
    // What peeks goes by arguments.
    expect(limiter.peekSync(key).remaining).toBe(7);
    expect(limiter.counts().default.keys).toBe(1);
  });

  it("is itself alone, whatever was asked before", () => {
    const limiter = limiterOf("10/1m");
    for (const key of ["abcdef", "abc", "", "abcdefg", "abx"]) expect(limiter.consumeSync(key).remaining).toBe(9);
    expect(limiter.counts().default.keys).toBe(5);
  });
});

describe("an answer", () => {
  it.each(["10/1s", "7/1s", "3/1ms"])("is the same on both ways, under %s", (quota) => {
    let now = 5000;
    const [one, other] = [0, 0].map(() => createRateLimiter({ quota, clock: () => now }));
    for (let step = 0; step < 200; step++) {
      const cost = step % 4;
      const [short, long] = [one?.consumeSync("key", { cost }), other?.consumeSync("k".repeat(LONGEST + 1), { cost })];
      expect(JSON.stringify(short)).toBe(JSON.stringify(long));
      now += (step % 7) * 0.0371;
    }
  });

  it("is refused for a cost and a time that are none", () => {
    const limiter = limiterOf("10/1m");
    for (const cost of ["1", Number.NaN, -1, 0.5, 2 ** 32, true, 1n]) {
      expect(() => limiter.consumeSync("key", { cost: cost as number })).toThrow(/cost/);
    }
    for (const now of ["1", Number.NaN, true, 1n]) {
      expect(() => limiter.consumeSync("key", { now: now as number })).toThrow(/now/);
    }
    expect(limiter.peekSync("key").remaining).toBe(10);
  });
});

describe("what was taken", () => {
  it.each(["100000/1h", "99991/1h"])(
    "is given back by thousands of decisions at once, each once, under %s",
    (quota) => {
      const limiter = limiterOf(quota);
      const keys = Array.from({ length: 5000 }, (_, index) => `192.0.2.${index}`);
      const decisions = keys.map((key, index) => limiter.consumeSync(key, { cost: 1 + (index % 5) }));
      for (const decision of decisions.toReversed()) expect(limiter.refundSync(decision)).toBe(true);
      for (const decision of decisions) expect(limiter.refundSync(decision)).toBe(false);
      for (const key of keys) expect(limiter.peekSync(key).remaining).toBe(Number.parseInt(quota, 10));
    },
  );

  it("is not given back by another limiter, nor where somebody took since", () => {
    const [limiter, other] = [limiterOf("10/1m"), limiterOf("10/1m")];
    const decision = limiter.consumeSync("key");
    other.consumeSync("key");
    expect(other.refundSync(decision)).toBe(false);
    expect([limiter, other].map((each) => each.peekSync("key").remaining)).toEqual([9, 9]);
    const again = limiter.consumeSync("key");
    limiter.consumeSync("key");
    expect(limiter.refundSync(again)).toBe(false);
    expect(limiter.peekSync("key").remaining).toBe(7);
  });

  it("is given back by a limiter on the same buckets, and at times that doubles do not hold", () => {
    const [one, other] = [0, 0].map(() => createRateLimiter({ quota: "10/1m", shared: "crossing", clock }));
    expect(other?.refundSync(one?.consumeSync("key") as never)).toBe(true);
    for (const now of [0, 9e12, 9_007_199_254_741, 1e13]) {
      const late = createRateLimiter({ quota: "7/1m", clock: () => now });
      late.consumeSync("key", { cost: 3 });
      expect(late.refundSync(late.consumeSync("key", { cost: 2 }))).toBe(true);
      expect(late.peekSync("key").remaining).toBe(4);
    }
  });
});
