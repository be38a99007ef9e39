// As overlaps.test.ts, ten times as often.

import { expect, it } from "vitest";

import { overlaps } from "./_overlaps.ts";
import { stopClock, withoutPauses } from "./_sessions.ts";

/** IRONKEEP_OVERLAPS and IRONKEEP_SEED ask for others. */
const COUNT = Number(process.env["IRONKEEP_OVERLAPS"] ?? 200_000);
const SEED = Number(process.env["IRONKEEP_SEED"] ?? 77);

it(`brings nothing back that ended, ${COUNT} times`, { timeout: 3_600_000 }, async () => {
  stopClock();
  withoutPauses();
  expect(await overlaps(COUNT, SEED)).toEqual([]);
});
