// A million sessions in each store.
import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { summary } from "../lib/rounds.mjs";
import { families } from "./contenders.mjs";
import { BYTES } from "./sessions.mjs";

const CHILD = fileURLToPath(new URL("resident-child.mjs", import.meta.url));
/** JavaScript's stores get the heap that they need: V8's own limit follows from the machine's memory. */
const ARGUMENTS = ["--expose-gc", "--max-old-space-size=4096"];
const LOAD_MS = 4000;
/** What a record is reckoned with beside its data: its key, its times, its version. */
const RECORD_BYTES = 128;
/** Of the files those that wait for the disk less: what a wait costs is measured with fewer sessions. */
const CONTENDERS = ["memory", "normal"].flatMap((family) =>
  families[family].filter(({ isVariant }) => !isVariant).map((one) => ({ family, ...one })),
);

async function measureOnce({ family, id, name }, task) {
  const child = fork(CHILD, { execArgv: ARGUMENTS, stdio: ["ignore", "inherit", "inherit", "ipc"] });
  let told;
  child.once("message", (message) => (told = message));
  child.send({ family, id, ...task, milliseconds: LOAD_MS });
  const [code] = await once(child, "close");
  if (code !== 0 || told === undefined) throw new Error(`The process of ${name} ended with ${code}`);
  return told;
}

/**
 * Measures each contender in a process of its own, in turn, round after round. A file is filled in the first round alone.
 *
 * @returns `{ rows, rawBytes }`, and how many sessions they were.
 */
export async function measureResident({ count, rounds, folder }) {
  const runs = CONTENDERS.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [index, contender] of CONTENDERS.entries()) {
      const path = join(folder, `resident-${contender.id}.db`);
      const isFilled = round > 0 && contender.family !== "memory";
      runs[index].push(await measureOnce(contender, { path, isFilled, count }));
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
