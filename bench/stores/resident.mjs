// A million sessions in each store.
import { join } from "node:path";

import { measureInChild } from "../lib/resident.mjs";
import { summary } from "../lib/rounds.mjs";
import { families } from "./contenders.mjs";
import { BYTES } from "./sessions.mjs";

const CHILD = new URL("resident-child.mjs", import.meta.url);
const LOAD_MS = 4000;
/** What a record is reckoned with beside its data: its key, its times, its version. */
const RECORD_BYTES = 128;
/** Of the files those that wait for the disk less: what a wait costs is measured with fewer sessions. */
const CONTENDERS = ["memory", "normal"].flatMap((family) =>
  families[family].filter(({ isVariant }) => !isVariant).map((one) => ({ family, ...one })),
);

/**
 * Measures each contender in a process of its own, in turn, round after round. A file is filled in the first round alone.
 *
 * @returns `{ rows, rawBytes }`, and how many sessions they were.
 */
export async function measureResident({ count, rounds, folder }) {
  const runs = CONTENDERS.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [index, { family, id, name }] of CONTENDERS.entries()) {
      const path = join(folder, `resident-${id}.db`);
      const isFilled = round > 0 && family !== "memory";
      const task = { family, id, path, isFilled, count, milliseconds: LOAD_MS };
      runs[index].push(await measureInChild(CHILD, name, task));
    }
  }
  const rawBytes = count * (BYTES + RECORD_BYTES);
  return { count, rawBytes, rows: rowsOf(runs, rawBytes) };
}

function rowsOf(runs, rawBytes) {
  const rows = CONTENDERS.map(({ family, id, name }, index) => {
    const of = (key) => summary(runs[index].map((run) => run[key]).filter((value) => value !== null));
    const row = { family, id, name, rounds: runs[index].length };
    for (const key of Object.keys(runs[index][0])) row[key] = of(key);
    return { ...row, rssOfRaw: row.rssBytes.median / rawBytes };
  });
  return rows.map((row) => {
    const ours = rows[CONTENDERS.findIndex(({ family, isOurs }) => isOurs && family === row.family)];
    return {
      ...row,
      timesOps: ours.opsPerSecond.median / row.opsPerSecond.median,
      ofMainCpu: ours.mainCpuMicroseconds.median / row.mainCpuMicroseconds.median,
    };
  });
}
