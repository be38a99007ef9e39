import type { StoreConfig } from "ironkeep/store";
import { expect, it } from "vitest";

import { hasRedis, onRedis, redisOfTest } from "../store/_redis.ts";
import { clusterOfTest } from "../store/_redis-topologies.ts";
import { increments, sum } from "./_increments.ts";

const PROCESSES = 8;
const TIMES = 2000;

/** Where the session is, for the tests that there are here. */
const PLACES: readonly (readonly [string, () => Promise<StoreConfig | undefined>])[] = [
  ["SQLite", async () => undefined],
  ...(hasRedis
    ? ([
        ["Redis", async () => onRedis(await redisOfTest(), { deadline: 1000 })],
        [
          "a Cluster",
          async () => {
            const cluster = (await clusterOfTest()).map(({ url }) => url);
            return { driver: "redis" as const, cluster, deadline: 1000 };
          },
        ],
      ] as const)
    : []),
];

it.each(PLACES)(
  `${PROCESSES} processes that add one ${TIMES} times each to one session lose nothing: %s`,
  { timeout: 1_800_000 },
  async (_, configOf) => {
    const { n, taken } = await increments(PROCESSES, TIMES, "", await configOf());
    const longest = Math.max(...taken.map(({ ms }) => ms));
    console.log(
      `${n} increments in ${longest} ms, of which ${sum(taken, "cpuMs")} ms of processor; functions ran again ` +
        `${sum(taken, "retries")} times; updates failed: ${sum(taken, "conflicts")} conflicts at the deadline, ` +
        `${sum(taken, "timeouts")} late, ${sum(taken, "unknown")} of unknown outcome`,
    );
    expect(n).toBe(PROCESSES * TIMES);
  },
);

it("with stores that take no notice of versions they lose something", { timeout: 1_800_000 }, async () => {
  const { n, taken } = await increments(PROCESSES, TIMES, "blind");
  expect(taken).toHaveLength(PROCESSES);
  expect(n).toBeLessThan(PROCESSES * TIMES);
});
