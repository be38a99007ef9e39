// Processes that write into one file and are killed.

import { join } from "node:path";

import { createStore } from "ironkeep/store";

import { sqlite, startScript } from "./_processes.ts";
import { folder } from "./_stores.ts";

const SCRIPT = join(import.meta.dirname, "children/writer.mjs");
const WRITERS = 8;
/** Acknowledged writes after which a round's first writer is killed, and after as many more the others: at most this. */
const MOST_WRITES = 400;

export interface Killed {
  acknowledged: number;
  /** Acknowledged writes that were not there afterwards. */
  lost: number;
  /** What SQLite says of the file after each round. */
  readonly integrity: Set<string>;
  /** What writers said that ended by themselves. */
  readonly errors: string[];
}

/**
 * Lets 8 processes write, kills one of them at a random moment and the others at another, and looks for what they were told
 * is written; so often, all in one file.
 *
 * @param fault `hasty`: with writers that take a write for acknowledged when they ask for it.
 */
export async function killed(rounds: number, synchronous: string, random: () => number, fault = ""): Promise<Killed> {
  const path = join(folder(), "sessions.db");
  const result: Killed = { acknowledged: 0, lost: 0, integrity: new Set(), errors: [] };
  for (let round = 0; round < rounds; round++) {
    const written = await oneRound([path, synchronous, fault], random, result.errors);
    result.acknowledged += written.length;
    result.lost += await missing(path, written);
    for (const line of await sqlite(path, "PRAGMA integrity_check")) result.integrity.add(line);
  }
  return result;
}

/** Gives the acknowledged writes, each as it was printed. */
async function oneRound(args: readonly string[], random: () => number, errors: string[]): Promise<string[]> {
  const written: string[] = [];
  let wake = () => {};
  const writers = Array.from({ length: WRITERS }, () =>
    startScript(SCRIPT, args, (line) => {
      written.push(line);
      wake();
    }),
  );
  const all = Promise.all(writers.map(({ ended }) => ended));
  // Should all of them fail, this ends too.
  const state = { isOver: false };
  void all.finally(() => {
    state.isOver = true;
    wake();
  });
  const writes = async (count: number) => {
    while (written.length < count && !state.isOver) await new Promise<void>((resolve) => (wake = resolve));
  };
  const few = 1 + Math.floor(random() * MOST_WRITES);
  await writes(few);
  writers[Math.floor(random() * WRITERS)]?.kill();
  await writes(few + WRITERS + Math.floor(random() * MOST_WRITES));
  for (const each of writers) each.kill();
  for (const { code, stderr } of await all) if (code !== null || stderr !== "") errors.push(`${code}: ${stderr}`);
  return written;
}

/** How many of the writes are not there in a store that opens the file, nor a later one of the same session. */
async function missing(path: string, written: readonly string[]): Promise<number> {
  const last = new Map<string, { version: number; data: string }>();
  for (const line of written) {
    const [key = "", version, data = ""] = line.split(" ");
    last.set(key, { version: Number(version), data });
  }
  await using store = createStore({ driver: "sqlite", path, deadline: 60_000 });
  const found = await store.loadMany({ now: Date.now() }, [...last.keys()]);
  const expected = [...last.values()];
  let lost = 0;
  found.forEach((loaded, at) => {
    const { version, data } = expected[at] as { version: number; data: string };
    if (loaded.outcome !== "found" || loaded.record.version < version) lost++;
    else if (loaded.record.version === version && loaded.record.data !== data) lost++;
  });
  return lost;
}
