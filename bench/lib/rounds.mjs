import { cpuTimes } from "./cpu.mjs";
import { SESSIONS } from "./sessions.mjs";

/** How long each contender runs in a row, in milliseconds: short enough that all of them see the same neighbours. */
const SLICE_MS = 250;
/** An operation of up to so many milliseconds runs longer, so that the rounds together get through all sessions. */
const ALL_SESSIONS_BELOW_MS = 5;
/** Of two such, the second tells how long an operation takes: the first compiles. */
const WARM_UP_MS = 250;
/** The least operations of a slice, for those that take longer than a slice. */
const MIN_OPERATIONS = 10;
/** Rounds that are run whatever the time. */
const MIN_ROUNDS = 3;

/** The middle of the values. */
export const median = (values) => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

/** The median and the least of the values. */
export const summary = (values) => ({ median: median(values), least: Math.min(...values) });

async function slice({ operation, beforeSlice }, first, count) {
  await beforeSlice?.(first);
  const before = cpuTimes();
  const start = performance.now();
  for (let index = first; index < first + count; index++) await operation(index);
  const wall = performance.now() - start;
  const after = cpuTimes();
  return {
    opsPerSecond: (count / wall) * 1e3,
    mainCpu: (after.main - before.main) / count,
    allCpu: (after.all - before.all) / count,
  };
}

/** How many operations a slice is, and which is the next. */
async function warmUp({ operation, beforeSlice, perSlice, measure }, rounds) {
  if (measure) return { count: 0, next: 0 };
  if (perSlice !== undefined) {
    await slice({ operation, beforeSlice }, 0, perSlice);
    return { count: perSlice, next: perSlice };
  }
  let next = 0;
  const runFor = async (milliseconds) => {
    const start = performance.now();
    const first = next;
    while (performance.now() - start < milliseconds) await operation(next++);
    return (performance.now() - start) / (next - first);
  };
  await runFor(WARM_UP_MS);
  const each = await runFor(WARM_UP_MS);
  const enough = each < ALL_SESSIONS_BELOW_MS ? Math.ceil(SESSIONS / rounds) : MIN_OPERATIONS;
  return { count: Math.max(enough, Math.round(SLICE_MS / each)), next };
}

/**
 * Runs the contenders in turn, round after round, and gives for each the median and the least of its rounds.
 *
 * A contender is one of
 * - `{ name, operation(index) }`: the index rises by one with each operation;
 * - the same with `perSlice`, for those that cannot be asked as often as time allows; `beforeSlice(index)` prepares what is
 *   not measured;
 * - `{ name, measure() }`, which measures a slice itself.
 *
 * @param until the time by `performance.now()` after which no further round starts, once there are three.
 */
export async function alternate(contenders, { rounds, until }) {
  const runs = [];
  for (const contender of contenders) {
    runs.push({ contender, slices: [], ...(await warmUp(contender, rounds)) });
  }
  for (let round = 0; round < rounds && (round < MIN_ROUNDS || performance.now() < until); round++) {
    for (const run of runs) {
      const { measure } = run.contender;
      run.slices.push(measure ? await measure() : await slice(run.contender, run.next, run.count));
      run.next += run.count;
    }
  }
  return runs.map(({ contender, count, slices }) => {
    const of = (key) => slices.map((one) => one[key]);
    return {
      name: contender.name,
      rounds: slices.length,
      sessions: Math.min(SESSIONS, count * slices.length),
      opsPerSecond: median(of("opsPerSecond")),
      mainCpuMicroseconds: summary(of("mainCpu")),
      allCpuMicroseconds: summary(of("allCpu")),
    };
  });
}
