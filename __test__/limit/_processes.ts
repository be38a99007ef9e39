// Processes that consume from the same buckets in Redis, and what all of them were given.

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

import type { RedisLimiterOptions } from "ironkeep/limit";
import { expect } from "vitest";

import { startRedis } from "../store/_redis.ts";
import { type Admitted, type Law, LEASED, violation } from "./_checker.ts";
import { storeOn } from "./_redis-limits.ts";

const PROCESSES = 8;
const PATTERNS = ["steady", "burst", "onOff"];

/** What one process was given. */
interface Made {
  admitted: Record<string, Admitted[]>;
  allowed: number;
  degraded: number;
  decisions: number;
}

const MINE: Law = { limit: 400, window: 1, burst: 60 };
const ALL: Law = { limit: 900, window: 1, burst: 100 };
const one = { quota: MINE };
const several = { limits: { mine: MINE, all: ALL } };

const MODES: Record<string, Partial<RedisLimiterOptions>> = {
  plain: one as never,
  leased: { ...one, lease: { size: 8 } } as never,
  several: several as never,
  "several, leased": { ...several, lease: { fraction: 0.1 } } as never,
};

/** Ways of consuming, each by all processes; the checker judges every bucket. */
export async function judgeProcesses(total: number, seed: number): Promise<number> {
  const server = await startRedis();
  const children = Array.from({ length: PROCESSES }, () => fork(join(import.meta.dirname, "children/consumer.mjs")));
  const phases = Object.keys(MODES).length * PATTERNS.length;
  const decisions = Math.ceil(total / phases / PROCESSES);
  let made = 0;
  try {
    for (const [mode, options] of Object.entries(MODES)) {
      for (const pattern of PATTERNS) {
        const store = storeOn(server);
        const message = { options: { ...options, store, deadline: 60_000 }, pattern, decisions };
        const results = await Promise.all(
          children.map((child, nth) => run(child, { ...message, seed: seed + nth * 7919 })),
        );
        const where = `${mode}, ${pattern}, seed ${seed}`;
        judge(where, results, mode.includes("leased") ? LEASED : 0);
        made += results.reduce((sum, result) => sum + result.decisions, 0);
      }
    }
  } finally {
    for (const child of children) child.kill();
    await server.remove();
  }
  return made;
}

async function run(child: ChildProcess, message: object): Promise<Made> {
  child.send(message);
  const [made] = (await once(child, "message")) as [Made];
  return made;
}

function judge(where: string, results: readonly Made[], slack: number): void {
  for (const { allowed, degraded } of results) {
    // Nobody decides without Redis, and nobody starves.
    expect({ where, degraded, starves: allowed === 0 }).toEqual({ where, degraded: 0, starves: false });
  }
  const buckets = new Set(results.flatMap(({ admitted }) => Object.keys(admitted)));
  expect(buckets.size).toBeGreaterThan(0);
  for (const bucket of buckets) {
    const law = bucket.startsWith("all") ? ALL : MINE;
    const admitted = results.flatMap((result) => result.admitted[bucket] ?? []);
    expect({ where, bucket, violation: violation(law, slack, admitted) }).toEqual({ where, bucket, violation: null });
  }
}
