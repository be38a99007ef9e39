// By how much a deadline is exceeded, where others keep the file.

import { join } from "node:path";

import { createSessions } from "ironkeep/sessions";
import { createStore, type SessionStore } from "ironkeep/store";
import { describe, expect, it, onTestFinished } from "vitest";

import { othersShare, spent } from "../hostile/flood/_machine.ts";
import { PASSWORD } from "../sessions/_sessions.ts";
import { locked, startScript } from "./_processes.ts";
import { folder, NOW, newKey, record } from "./_stores.ts";

const BUSY = join(import.meta.dirname, "children/busy.mjs");
const WRITERS = 8;
/** A deadline may be exceeded by a tenth and this many milliseconds, 99 times of 100. */
const LATE_BY_MS = 50;
const CALLS = 1000;
const AT_ONCE = 10;
const TIMEOUT_MS = 600_000;
/** The share of one processor that others may take while a reading counts that is too late. */
const QUIET = 0.25;
const TRIES = 4;

type Call = (deadline: number) => Promise<unknown>;

/** Makes calls with deadlines of 5 to 250 ms, and gives by how much more than a tenth each took longer. */
async function lateness(call: Call, count = CALLS) {
  const late: number[] = [];
  const codes: Record<string, number> = {};
  let made = 0;
  const lane = async () => {
    while (made < count) {
      const deadline = 5 + ((made++ * 37) % 246);
      const begun = performance.now();
      const code = await call(deadline).then(
        () => "done",
        (error: unknown) => String((error as { code?: unknown }).code),
      );
      late.push(performance.now() - begun - deadline * 1.1);
      codes[code] = (codes[code] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  late.sort((a, b) => a - b);
  const p99 = late[Math.ceil(late.length * 0.99) - 1] ?? Number.NaN;
  return { p99, worst: late.at(-1) ?? Number.NaN, codes };
}

async function opened(): Promise<{ path: string; store: SessionStore; calls: [string, Call][] }> {
  const path = join(folder(), "sessions.db");
  const store = createStore({ driver: "sqlite", path, synchronous: "normal", deadline: 10_000 });
  onTestFinished(() => store.close());
  const sessions = createSessions({ store, password: PASSWORD, deadline: 10_000 });
  const { id } = await sessions.create({ n: 0 });
  const calls: [string, Call][] = [
    ["store.create", (deadline) => store.create({ now: NOW, deadline }, newKey(), record("{}"))],
    ["store.load", (deadline) => store.load({ now: NOW, deadline }, newKey())],
    ["sessions.get", (deadline) => sessions.get(id, { deadline })],
    ["sessions.update", (deadline) => sessions.update(id, ({ n }) => ({ n: Number(n) + 1 }), { deadline })],
  ];
  return { path, store, calls };
}

/**
 * Says how late calls were, and whether that is too late. A reading that is, while others used the machine, says nothing and
 * is made again.
 */
async function expectInTime(
  calls: [string, Call][],
  where: string,
  pids: readonly number[],
): Promise<Record<string, Record<string, number>>> {
  const all: Record<string, Record<string, number>> = {};
  for (const [name, call] of calls) {
    for (let tries = 1; ; tries++) {
      const before = spent(pids);
      const { p99, worst, codes } = await lateness(call);
      const others = othersShare(before, spent(pids));
      const shown = Object.entries(codes).map(([code, count]) => `${count} ${code}`);
      console.log(
        `${where}, ${name}: p99 ${p99.toFixed(1)} ms over a tenth, worst ${worst.toFixed(1)} (${shown.join(", ")}), ` +
          `while others took ${(others * 100).toFixed(0)} % of a processor`,
      );
      all[name] = codes;
      const isInTime = p99 < LATE_BY_MS;
      if (!isInTime && others > QUIET && tries < TRIES) continue;
      if (!isInTime && others > QUIET) throw new Error(`No reading: in each of ${TRIES} tries others used the machine`);
      expect({ name, isInTime }).toEqual({ name, isInTime: true });
      break;
    }
  }
  return all;
}

describe("a deadline is exceeded by at most a tenth and 50 ms, 99 times of 100,", () => {
  it("while another process has the file locked", { timeout: TIMEOUT_MS }, async () => {
    const { path, calls } = await opened();
    const unlock = await locked(path);
    const codes = await expectInTime(calls, "locked", [process.pid]);
    await unlock();
    expect(codes["store.create"]).toEqual({ ERR_STORE_TIMEOUT: CALLS });
    expect(codes["store.load"]).toEqual({ done: CALLS });
    expect(codes["sessions.update"]?.["done"]).toBeUndefined();
  });

  it("while eight processes write", { timeout: TIMEOUT_MS }, async () => {
    const { path, calls } = await opened();
    const pids = await Promise.all(
      Array.from({ length: WRITERS }, () => {
        return new Promise<number>((resolve, reject) => {
          const { pid, ended } = startScript(BUSY, [path], () => resolve(pid));
          void ended.then(({ code, stderr }) => reject(new Error(`A writer ended with ${code}: ${stderr}`)));
        });
      }),
    );
    const codes = await expectInTime(calls, "eight writers", [process.pid, ...pids]);
    expect(codes["store.create"]?.["done"]).toBeGreaterThan(0);
  });

  it("is what a store that takes its time is found by", { timeout: TIMEOUT_MS }, async () => {
    const { store } = await opened();
    const slow: Call = async (deadline) => {
      await store.load({ now: NOW, deadline }, newKey());
      await new Promise((resolve) => setTimeout(resolve, deadline * 1.1 + LATE_BY_MS + 10));
    };
    expect((await lateness(slow, 100)).p99).toBeGreaterThan(LATE_BY_MS);
  });
});
