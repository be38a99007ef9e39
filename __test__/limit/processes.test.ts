import { describe, expect, it } from "vitest";

import { hasRedis } from "../store/_redis.ts";
import { judgeProcesses } from "./_processes.ts";

/** The rest is of the long tests. */
const DECISIONS = 100_000;

describe.each(hasRedis ? ["Redis"] : [])("eight processes on Redis (%s)", () => {
  it("are never given more than the capacity and the rate, and none starves", { timeout: 600_000 }, async () => {
    expect(await judgeProcesses(DECISIONS, 1)).toBeGreaterThanOrEqual(DECISIONS);
  });
});

it.each(hasRedis ? [] : [process.platform])("(not run on %s: Redis)", () => {
  expect(hasRedis).toBe(false);
});
