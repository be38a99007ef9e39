// One operation after the other on 10,000 sessions, by all contenders of a family in turn.
import { join } from "node:path";

import { cpuTimes } from "../lib/cpu.mjs";
import { alternate, summary } from "../lib/rounds.mjs";
import { latencies, longestStall, runThrough } from "./load.mjs";
import { keyAt, sessionAt } from "./sessions.mjs";

const SESSIONS = 10_000;
const SLICE_MS = 200;
const STALL_MS = 100;
const WARM_UP_MS = 150;
const MIN_OPERATIONS = 64;
/** More of what is used up, as sessions that are destroyed, are not prepared for a slice. */
const MOST_PREPARED = 10_000;

/** Each gives what has to be true of the store's answer. */
const OPERATIONS = {
  get: async (store, index, key) => (await store.get(index, key)) !== undefined,
  async set(store, index, key, session) {
    await store.set(index, key, session);
    return true;
  },
  touch: (store, index, key, session) => store.touch(index, key, session),
  destroy: (store, index, key) => store.destroy(index, key),
};

/** What is measured, in the order in which it is shown. */
export const GROUPS = Object.keys(OPERATIONS).flatMap((operation) =>
  [1, 64].map((inFlight) => ({ operation, inFlight })),
);

/** The store does what it is asked for: what is measured has to be right. */
async function verify({ name }, store) {
  const key = keyAt(-1);
  const session = sessionAt(1);
  const answers = async () => JSON.stringify((await store.get(0, key))?.data);
  await store.fill(1, () => [key, sessionAt(0)]);
  await store.set(0, key, session);
  const isSet = (await answers()) === JSON.stringify(session.data);
  const isTouched = await store.touch(0, key, session);
  const isDestroyed = await store.destroy(0, key);
  if (!isSet || !isTouched || !isDestroyed || (await answers()) !== undefined) {
    throw new Error(`${name} does not do what a store does`);
  }
}

/** A contender on one operation: `measure` is a slice. */
class Cell {
  stalls = [];
  latencies = [];
  serverCpu = [];
  #next = 0;
  #count = MIN_OPERATIONS;

  constructor({ contender, store, operation, inFlight, server }) {
    this.server = server;
    this.name = contender.name;
    this.contender = contender;
    this.store = store;
    this.inFlight = inFlight;
    this.isUsedUp = operation === "destroy";
    this.keys = Array.from({ length: SESSIONS }, (_, index) => keyAt(index));
    const run = OPERATIONS[operation];
    this.operation = async (number) => {
      const index = number % SESSIONS;
      if (await run(store, index, this.keys[index], sessionAt(index))) return;
      throw new Error(`${contender.name}: ${operation} did not find its session`);
    };
  }

  async warmUp() {
    await verify(this.contender, this.store);
    if (!this.isUsedUp) await this.store.fill(SESSIONS, (index) => [this.keys[index], sessionAt(index)]);
    // The first compiles, and the last says how many operations a slice has.
    for (const milliseconds of [WARM_UP_MS / 3, WARM_UP_MS, SLICE_MS]) {
      const { wall } = await this.#timed(this.#count);
      this.#count = Math.max(MIN_OPERATIONS, Math.round((this.#count / wall) * milliseconds));
      if (this.isUsedUp) this.#count = Math.min(this.#count, MOST_PREPARED);
    }
  }

  async measure() {
    const count = this.#count;
    const { wall, main, all, server } = await this.#timed(count);
    const { inFlight } = this;
    if (this.server) {
      this.serverCpu.push(server / count);
      this.latencies.push(await latencies(this.operation, { first: await this.#prepare(count), count, inFlight }));
      this.#next += count;
    }
    const range = { first: await this.#prepare(count), count: this.isUsedUp ? count : Number.POSITIVE_INFINITY };
    const { longest, done } = await longestStall(this.operation, { ...range, inFlight, milliseconds: STALL_MS });
    this.#next = range.first + done;
    this.stalls.push(longest);
    return { opsPerSecond: (count / wall) * 1e3, mainCpu: main / count, allCpu: all / count };
  }

  async #timed(count) {
    const first = await this.#prepare(count);
    const serverBefore = await this.server?.cpu();
    const before = cpuTimes();
    const start = performance.now();
    await runThrough(this.operation, { first, count, inFlight: this.inFlight });
    const wall = performance.now() - start;
    const after = cpuTimes();
    this.#next = first + count;
    const server = (await this.server?.cpu()) - serverBefore;
    return { wall, main: after.main - before.main, all: after.all - before.all, server };
  }

  /** Has sessions for the next operations, where they use them up. Their keys are new: the old ones have tombstones. */
  async #prepare(count) {
    if (!this.isUsedUp) return this.#next;
    const first = (this.firstKey ?? 0) + this.keys.length;
    this.firstKey = first;
    this.keys = Array.from({ length: SESSIONS }, (_, index) => keyAt(first + index));
    await this.store.fill(count, (index) => [this.keys[index], sessionAt(index)]);
    return 0;
  }
}

/**
 * Measures a group: an operation, and how many are in flight.
 *
 * @param contenders those of a family.
 * @param folder for the files of the stores.
 * @param server the Redis of those that have one.
 * @returns a row for each contender, with `timesOps`, Ironkeep's ops/s in times of its own, and `ofMainCpu`, Ironkeep's
 * CPU of the main thread as a share of its own.
 */
export async function measureGroup(contenders, { operation, inFlight, rounds, folder, server }) {
  const cells = [];
  try {
    // Every group has the same keys, and those that were destroyed have tombstones.
    await server?.clear();
    for (const contender of contenders) {
      const path = join(folder, `${contender.id}-${operation}-${inFlight}.db`);
      const store = await contender.open({ path, port: server?.port, most: SESSIONS });
      const cell = new Cell({ contender, store, operation, inFlight, server });
      cells.push(cell);
      await cell.warmUp();
    }
    const slices = cells.map((cell) => ({ name: cell.name, measure: () => cell.measure() }));
    const results = await alternate(slices, { rounds, until: Number.POSITIVE_INFINITY });
    const ours = results[contenders.findIndex(({ isOurs }) => isOurs)];
    return results.map(({ sessions: _none, ...result }, index) => ({
      id: contenders[index].id,
      operation,
      inFlight,
      ...result,
      longestStallMilliseconds: summary(cells[index].stalls),
      ...(server && {
        serverCpuMicroseconds: summary(cells[index].serverCpu),
        latencyMicroseconds: summary(cells[index].latencies.map(({ middle }) => middle)),
        slowestHundredthMicroseconds: summary(cells[index].latencies.map(({ slow }) => slow)),
      }),
      timesOps: ours.opsPerSecond / result.opsPerSecond,
      ofMainCpu: ratio(ours.mainCpuMicroseconds, result.mainCpuMicroseconds),
    }));
  } finally {
    for (const { store } of cells) await store.close();
  }
}

const ratio = (one, other) => ({ ofMedians: one.median / other.median, ofLeasts: one.least / other.least });
