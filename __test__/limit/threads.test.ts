// Threads of one process on the same buckets.

import { once } from "node:events";
import { join } from "node:path";
import { Worker } from "node:worker_threads";

import { describe, expect, it } from "vitest";

import { type Admitted, type Law, violation } from "./_checker.ts";

const THREADS = 8;
const DECISIONS = Number(process.env["IRONKEEP_DECISIONS"] ?? 100_000);
const MINE: Law = { limit: 5000, window: 1, burst: 50 };
const ALL: Law = { limit: 9000, window: 1, burst: 100 };

describe("eight threads", () => {
  it("are never given more than the capacity and the rate", { timeout: 600_000 }, async () => {
    const options = { limits: { mine: MINE, all: ALL }, shared: "eight threads" };
    const workerData = { options, decisions: DECISIONS / THREADS };
    const workers = Array.from(
      { length: THREADS },
      () => new Worker(join(import.meta.dirname, "children/thread.mjs"), { workerData }),
    );
    type Given = [key: number, cost: number, mine: number, all: number];
    const given = (await Promise.all(workers.map(async (worker) => (await once(worker, "message"))[0]))) as Given[][];
    expect(given.every((each) => each.length > 0)).toBe(true);
    const all = given.flat();
    expect(
      violation(
        ALL,
        0,
        all.map(([, cost, , at]): Admitted => [at, cost]),
      ),
    ).toBeNull();
    for (const key of [0, 1, 2]) {
      const mine = all.filter(([one]) => one === key).map(([, cost, at]): Admitted => [at, cost]);
      expect({ key, violation: violation(MINE, 0, mine) }).toEqual({ key, violation: null });
    }
  });
});
