import { describe, expect, it } from "vitest";

import { hasRedis } from "../store/_redis.ts";
import { judgeProcesses } from "./_processes.ts";

const DECISIONS = Number(process.env["IRONKEEP_DECISIONS"] ?? 1_000_000);
const SEED = Number(process.env["IRONKEEP_SEED"] ?? Date.now() % 1_000_000);

describe.each(hasRedis ? ["Redis"] : [])("eight processes on Redis (%s)", () => {
  it(`are never given more than the capacity and the rate, seed ${SEED}`, { timeout: 3_600_000 }, async () => {
    expect(await judgeProcesses(DECISIONS, SEED)).toBeGreaterThanOrEqual(DECISIONS);
  });
});

it.each(hasRedis ? [] : [process.platform])("(not run on %s: Redis)", () => {
  expect(hasRedis).toBe(false);
});
