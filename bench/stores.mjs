// Stores of sessions: get, set, touch and destroy on Ironkeep's stores and on what people have without them, and a million
// sessions in each.
//
// How to read it: a session is 500 bytes of JSON, and JSON is in every operation that has it: an object goes in and comes out.
// "main us" is the CPU of the main thread for one operation, which is what a server's event loop has to give; "all us" that of
// all threads, those of SQLite and of V8's garbage collector included. "in flight" is how many operations are begun before
// the first is done: the next begins as soon as one is. "stall ms" is the longest turn of the event loop in a pass of its own,
// where each operation begins in a turn of its own as a request does. "x ops" is Ironkeep's ops/s in times of the row's: under
// 1 the row is ahead, and a line below the table says so. "of main" is Ironkeep's main-thread CPU as a share of the row's.
// Contenders alternate; medians of the rounds, and "least" the least of them. A stall's median far over its least was the
// machine's.
//
// What favours the peers: their keys are strings whose hash V8 has already; only Ironkeep's store in memory and lru-cache are
// bounded; express-session, unstorage and a Map know no users, caps, tombstones or conflicts, and a set of Ironkeep's names the
// version and a write token. The better-sqlite3 that the goals are about has no index by expiry, as the published stores on it
// have none; Ironkeep has one that saves and touches do not move, and a row says what one costs that they do. Both SQLites use WAL;
// better-sqlite3 takes the log into the file at its default of 1,000 pages, Ironkeep at its own of 4,000. What FULL comes to
// depends on the disk: the line above the tables says how long one fdatasync takes here.
//
// Redis is a server that the bench starts, with one connection for each contender. "server us" is the CPU of its main thread for
// one operation, "latency us" the median of the times that operations take, and "p99 us" what one of a hundred exceeds. A set of
// the peers is one SET with a time to live, which overwrites whatever is there; one of Ironkeep's is a script that compares the
// version. unstorage has no touch and writes the session anew.
//
// The million: each contender is a process. "heap MB" is what of V8's heap is live, after a full collection, with what it
// accounts for outside; "RSS MB" is the resident memory as it stands, garbage included. Both are over what the process had
// before it was filled: the larger of after the filling and after the load. "x raw" compares RSS with 500 + 128 bytes for each
// session. The load is 64 requests in flight, each a get and then a set of a session far from the last one; its CPU is for one
// of these two. It lasts seconds, and V8 marks such a heap once in tens of them, for some seconds of CPU: what that costs
// JavaScript's stores is not in their ops/s.
import { closeSync, fdatasyncSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";

import { root } from "../scripts/lib/run.mjs";
import { mainClock } from "./lib/cpu.mjs";
import { Document, machineLine } from "./lib/document.mjs";
import { printGoals } from "./lib/goals.mjs";
import { startRedis } from "./lib/redis-server.mjs";
import { summary } from "./lib/rounds.mjs";
import { short } from "./lib/table.mjs";
import { ensureBetterSqlite3, families } from "./stores/contenders.mjs";
import { GROUPS, measureGroup } from "./stores/operations.mjs";
import { goals, printFamily, printResident } from "./stores/report.mjs";
import { measureResident } from "./stores/resident.mjs";
import { BYTES } from "./stores/sessions.mjs";

const ROUNDS = 5;
const RESIDENT = 1_000_000;
const RESIDENT_ROUNDS = 3;
const SYNCS = 100;

/** How long the disk of the folder takes to keep 4 KB, in microseconds. */
function measureSync(folder) {
  const path = join(folder, "sync");
  const file = openSync(path, "w");
  const block = Buffer.alloc(4096, 1);
  try {
    const times = Array.from({ length: SYNCS }, () => {
      writeSync(file, block);
      const start = performance.now();
      fdatasyncSync(file);
      return (performance.now() - start) * 1e3;
    });
    return summary(times);
  } finally {
    closeSync(file);
    rmSync(path);
  }
}

async function measureFamily(family, folder) {
  const groups = [];
  const server = family === "redis" ? await startRedis() : undefined;
  try {
    for (const group of GROUPS) {
      groups.push(await measureGroup(families[family], { ...group, rounds: ROUNDS, folder, server }));
    }
  } finally {
    await server?.stop();
  }
  printFamily(family, groups);
  return groups;
}

async function measure(folder) {
  const sync = measureSync(folder);
  console.log(`\n${machineLine()}`);
  console.log(
    `Sessions of ${BYTES} bytes, JSON included; CPU of the main thread by ${mainClock}.\n` +
      `One fdatasync takes ${short(sync.median)} us here, at least ${short(sync.least)}. bench/stores.mjs says how to read it.`,
  );
  const groups = {};
  for (const family of Object.keys(families)) groups[family] = await measureFamily(family, folder);
  const resident = await measureResident({ count: RESIDENT, rounds: RESIDENT_ROUNDS, folder });
  printResident(resident.rows, resident);
  return { sync, groups, resident };
}

/** Measures, prints, and gives the result as data. */
export async function run() {
  ensureBetterSqlite3();
  const document = new Document("stores");
  // On the disk of the repository: the system's folder for such files may be in memory, where no commit waits.
  const target = join(root, "target");
  mkdirSync(target, { recursive: true });
  const folder = mkdtempSync(join(target, "bench-stores-"));
  try {
    const { sync, groups, resident } = await measure(folder);
    const goalsMet = goals(groups, resident.rows);
    printGoals(goalsMet);
    return document.with({
      rounds: ROUNDS,
      bytes: BYTES,
      fdatasyncMicroseconds: sync,
      operations: groups,
      resident,
      goals: goalsMet,
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
