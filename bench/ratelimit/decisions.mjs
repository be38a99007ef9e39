// One decision after the other, by all contenders of a group in turn.
import { cpuTimes } from "../lib/cpu.mjs";
import { alternate, summary } from "../lib/rounds.mjs";
import { keysOf } from "./keys.mjs";
import { decideAll, Tally } from "./tally.mjs";

const SLICE_MS = 200;
const WARM_UP_MS = 200;
/** Before it is known how long one takes. */
const FIRST = 200;
/** The keys of a slice are made before it, and take memory. */
const MOST = 1_000_000;

/** A contender in a group: `measure` is a slice. */
class Cell {
  serverCpu = [];
  #next = 0;
  #count = FIRST;

  constructor(contender, limiter, group) {
    this.contender = contender;
    this.limiter = limiter;
    this.group = group;
  }

  async warmUp() {
    const { keys } = this.group;
    // Every key has its bucket before anything is measured, and no token where all are to be refused.
    await this.#decide(keysOf({ first: 0, count: keys, of: keys }), true);
    for (const milliseconds of [WARM_UP_MS, SLICE_MS]) {
      const { wall } = await this.#timed();
      this.#count = Math.min(MOST, Math.max(FIRST, Math.round((this.#count / wall) * milliseconds)));
    }
  }

  async measure() {
    const { wall, main, all, server } = await this.#timed();
    const count = this.#count;
    this.serverCpu.push(server / count);
    return { opsPerSecond: (count / wall) * 1e3, mainCpu: main / count, allCpu: all / count };
  }

  async #timed() {
    const { keys, isAdmitted, server } = this.group;
    const visits = keysOf({ first: this.#next, count: this.#count, of: keys });
    this.#next += this.#count;
    const serverBefore = await server?.cpu();
    const before = cpuTimes();
    const start = performance.now();
    await this.#decide(visits, isAdmitted);
    const wall = performance.now() - start;
    const after = cpuTimes();
    const serverCpu = (await server?.cpu()) - serverBefore;
    return { wall, main: after.main - before.main, all: after.all - before.all, server: serverCpu };
  }

  async #decide(visits, isAdmitted) {
    const tally = new Tally();
    await decideAll(this.limiter, visits, { inFlight: this.group.inFlight, note: tally.note });
    tally.check(this.contender.name, { count: visits.length, isAdmitted });
  }
}

/**
 * Measures a group: `{ keys, quota, inFlight, isAdmitted }`, whether requests are admitted or refused.
 *
 * @param server the Redis of those that have one.
 * @returns a row for each contender, with `timesOps`, Ironkeep's ops/s in times of its own, and `ofMainCpu`, Ironkeep's
 * CPU of the main thread as a share of its own.
 */
export async function measureGroup(contenders, { rounds, ...group }) {
  const { keys, inFlight, isAdmitted, quota, server } = group;
  const cells = [];
  try {
    await server?.clear();
    for (const contender of contenders) {
      const limiter = await contender.open({ ...quota, port: server?.port });
      const cell = new Cell(contender, limiter, group);
      cells.push(cell);
      await cell.warmUp();
    }
    const slices = cells.map((cell) => ({ name: cell.contender.name, measure: () => cell.measure() }));
    const results = await alternate(slices, { rounds, until: Number.POSITIVE_INFINITY });
    const ours = results[contenders.findIndex(({ isOurs }) => isOurs)];
    return results.map(({ sessions: _none, ...result }, index) => ({
      id: contenders[index].id,
      keys,
      inFlight,
      isAdmitted,
      ...result,
      ...(server && { serverCpuMicroseconds: summary(cells[index].serverCpu) }),
      timesOps: ours.opsPerSecond / result.opsPerSecond,
      ofMainCpu: ours.mainCpuMicroseconds.median / result.mainCpuMicroseconds.median,
    }));
  } finally {
    for (const { limiter } of cells) await limiter.close?.();
  }
}
