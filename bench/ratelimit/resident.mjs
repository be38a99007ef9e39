// A million keys in each limiter.

import { measureInChild } from "../lib/resident.mjs";
import { summary } from "../lib/rounds.mjs";
import { inMemory } from "./contenders.mjs";

const CHILD = new URL("resident-child.mjs", import.meta.url);
const LOAD_MS = 3000;

/**
 * Measures each contender in a process of its own, in turn, round after round.
 *
 * @param quota under which a key that was asked once is still owing when all are.
 * @returns a row for each, as those of a group, with the memory.
 */
export async function measureResident({ keys, quota, rounds }) {
  const runs = inMemory.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [index, { id, name }] of inMemory.entries()) {
      runs[index].push(await measureInChild(CHILD, name, { id, keys, quota, milliseconds: LOAD_MS }));
    }
  }
  const rows = inMemory.map(({ id, name }, index) => {
    const row = { id, name, keys, rounds };
    for (const key of Object.keys(runs[index][0])) row[key] = summary(runs[index].map((run) => run[key]));
    return row;
  });
  const ours = rows[inMemory.findIndex(({ isOurs }) => isOurs)];
  const share = (row, key) => ours[key].median / row[key].median;
  return rows.map((row) => ({
    ...row,
    timesOps: share(row, "opsPerSecond"),
    ofMainCpu: share(row, "mainCpuMicroseconds"),
    ofRss: share(row, "rssBytes"),
  }));
}
