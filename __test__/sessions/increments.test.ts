import { expect, it } from "vitest";

import { hasRedis, onRedis, redisOfTest } from "../store/_redis.ts";
import { increments } from "./_increments.ts";

const PROCESSES = 8;
const TIMES = 100;

it(
  `${PROCESSES} processes that add one ${TIMES} times each to one session lose nothing`,
  { timeout: 120_000 },
  async () => {
    const { n, by } = await increments(PROCESSES, TIMES);
    expect(n).toBe(PROCESSES * TIMES);
    expect(Object.values(by)).toEqual(Array.from({ length: PROCESSES }, () => TIMES));
  },
);

it.each(hasRedis ? ["Redis"] : [])("in %s neither", { timeout: 120_000 }, async () => {
  const { n, by } = await increments(PROCESSES, TIMES, "", onRedis(await redisOfTest(), { deadline: 1000 }));
  expect(n).toBe(PROCESSES * TIMES);
  expect(Object.values(by)).toEqual(Array.from({ length: PROCESSES }, () => TIMES));
});

it("with stores that take no notice of versions they lose something", { timeout: 120_000 }, async () => {
  const { n, taken } = await increments(PROCESSES, TIMES, "blind");
  expect(taken).toHaveLength(PROCESSES);
  expect(n).toBeLessThan(PROCESSES * TIMES);
});
