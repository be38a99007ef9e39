// A million keys in each limiter.
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

import { summary } from "../lib/rounds.mjs";
import { inMemory } from "./contenders.mjs";

const CHILD = fileURLToPath(new URL("resident-child.mjs", import.meta.url));
/** JavaScript's limiters get the heap that they need: V8's own limit follows from the machine's memory. */
const ARGUMENTS = ["--expose-gc", "--max-old-space-size=4096"];
const LOAD_MS = 3000;

async function measureOnce({ id, name }, task) {
  const child = fork(CHILD, { execArgv: ARGUMENTS, stdio: ["ignore", "inherit", "inherit", "ipc"] });
  let told;
  child.once("message", (message) => (told = message));
  child.send({ id, ...task, milliseconds: LOAD_MS });
  const [code] = await once(child, "close");
  if (code !== 0 || told === undefined) throw new Error(`The process of ${name} ended with ${code}`);
  return told;
}

/**
 * Measures each contender in a process of its own, in turn, round after round.
 *
 * @param quota under which a key that was asked once is still owing when all are.
 * @returns a row for each, as those of a group, with the memory.
 */
export async function measureResident({ keys, quota, rounds }) {
  const runs = inMemory.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [index, contender] of inMemory.entries()) {
      runs[index].push(await measureOnce(contender, { keys, quota }));
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
