// What an import costs a process that starts: time, CPU, memory, threads.
//
// How to read it: each row is what a process that imports the module has more than one that imports an empty file, spawned
// in turn, round after round. "wall" is from the spawn to the end of the process and "CPU" all that it used; both are the
// median of the rounds' differences, and the difference of the leasts. "import" is the time of the import alone, inside.
// "threads" are those of the process after the import, over the empty one's after its own: Node itself starts some to read
// modules. Ironkeep has to add none.
import { fork } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";

import { Document, machineLine } from "./lib/document.mjs";
import { median, summary } from "./lib/rounds.mjs";
import { short, table } from "./lib/table.mjs";
import { peerName } from "./lib/versions.mjs";

const ROUNDS = 25;
/** Enough for a median on a machine that is so busy that the rounds take far too long. */
const MIN_ROUNDS = 15;
const STARTS_WITHIN_MS = 45_000;
const CHILD = fileURLToPath(new URL("lib/import-child.mjs", import.meta.url));

const ofPeers = (name) => pathToFileURL(createRequire(new URL("peers/", import.meta.url)).resolve(name)).href;

const MODULES = [
  { name: "empty", url: new URL("lib/empty.mjs", import.meta.url).href },
  { name: "ironkeep/iron", url: import.meta.resolve("ironkeep/iron") },
  { name: "ironkeep/h3", url: import.meta.resolve("ironkeep/h3") },
  { name: peerName.webcrypto2, url: import.meta.resolve("iron-webcrypto-2") },
  { name: peerName.ironSession, url: import.meta.resolve("iron-session") },
  { name: peerName.h3v2, url: import.meta.resolve("h3-v2") },
  { name: peerName.secretbox, url: ofPeers("sodium-native") },
];

async function spawnOne({ name, url }) {
  const start = performance.now();
  const child = fork(CHILD, [url], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  let told;
  child.once("message", (message) => (told = message));
  const [code] = await once(child, "close");
  if (code !== 0 || told === undefined) throw new Error(`The process that imports ${name} ended with ${code}`);
  return { ...told, wallMilliseconds: performance.now() - start };
}

/** What a module's processes have more than the empty ones of the same rounds. */
function above(spawns, empties, key) {
  const of = (list) => list.map((one) => one[key]);
  return {
    median: median(of(spawns).map((value, round) => value - empties[round][key])),
    least: Math.min(...of(spawns)) - Math.min(...of(empties)),
  };
}

function row({ name }, spawns, empties) {
  const hasThreads = spawns[0].threads !== null;
  return {
    name,
    importMilliseconds: summary(spawns.map((one) => one.importMilliseconds)),
    wallMilliseconds: above(spawns, empties, "wallMilliseconds"),
    cpuMilliseconds: above(spawns, empties, "cpuMilliseconds"),
    rssMegabytes: above(spawns, empties, "rssBytes").median / 2 ** 20,
    threadsBefore: hasThreads ? median(spawns.map((one) => one.threadsBefore)) : null,
    threadsAfter: hasThreads ? median(spawns.map((one) => one.threads)) : null,
    // The most of any round: a thread that is started once in a while is one too.
    threadsAbove: hasThreads ? Math.max(...spawns.map((one, round) => one.threads - empties[round].threads)) : null,
  };
}

function print(rows, rounds) {
  console.log(`\n${machineLine()}\nAbove a process that imports an empty file; ${rounds} alternated spawns of each.`);
  console.log("bench/import.mjs says how to read it.\n");
  const header = ["", "wall ms", "least", "CPU ms", "least", "import ms", "least", "RSS MB", "threads"];
  const cells = rows.map((one) => [
    one.name,
    one.wallMilliseconds.median.toFixed(1),
    one.wallMilliseconds.least.toFixed(1),
    one.cpuMilliseconds.median.toFixed(1),
    one.cpuMilliseconds.least.toFixed(1),
    short(one.importMilliseconds.median),
    short(one.importMilliseconds.least),
    one.rssMegabytes.toFixed(1),
    one.threadsAbove === null ? "?" : `+${one.threadsAbove}`,
  ]);
  console.log(table(header, cells));
  const ours = rows.filter(({ name }) => name.startsWith("ironkeep"));
  const started = ours.filter(({ threadsAbove }) => threadsAbove !== 0);
  console.log(
    started.length === 0
      ? "\nGoal: Ironkeep's import starts no thread: met"
      : `\nGoal: Ironkeep's import starts no thread: NOT MET, or not seen, by ${started.map(({ name }) => name).join(", ")}`,
  );
}

/** Measures, prints, and gives the result as data. */
export async function run() {
  const document = new Document("import");
  const until = performance.now() + STARTS_WITHIN_MS;
  const spawns = MODULES.map(() => []);
  // Round 0 fills the caches of the file system.
  for (let round = 0; round <= ROUNDS && (round <= MIN_ROUNDS || performance.now() < until); round++) {
    for (const [index, module] of MODULES.entries()) {
      const one = await spawnOne(module);
      if (round > 0) spawns[index].push(one);
    }
  }
  const [empties] = spawns;
  const rows = MODULES.map((module, index) => row(module, spawns[index], empties)).slice(1);
  print(rows, empties.length);
  const empty = {
    wallMilliseconds: summary(empties.map((one) => one.wallMilliseconds)),
    cpuMilliseconds: summary(empties.map((one) => one.cpuMilliseconds)),
    threadsBefore: median(empties.map((one) => one.threadsBefore)),
    threadsAfter: median(empties.map((one) => one.threads)),
  };
  return document.with({
    rounds: empties.length,
    roundsWanted: ROUNDS,
    units: "milliseconds, megabytes of 2^20",
    empty,
    rows,
  });
}
