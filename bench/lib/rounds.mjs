import { cpuTimes } from "./cpu.mjs";

/** How long each contender runs in a row, in milliseconds: short enough that all of them see the same neighbours. */
const SLICE_MS = 250;
const WARM_UP_MS = 400;
/** The least operations of a slice, for those that take longer than a slice. */
const MIN_OPERATIONS = 10;

/** The middle of the values. */
export const median = (values) => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

async function slice(operation, first, count) {
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

/** How many operations a slice is. Those of a contender with few tokens are as many as it says. */
async function warmUp({ operation, perSlice }) {
  if (perSlice !== undefined) {
    for (let index = 0; index < perSlice; index++) await operation(index);
    return { count: perSlice, next: perSlice };
  }
  const start = performance.now();
  let done = 0;
  while (performance.now() - start < WARM_UP_MS) await operation(done++);
  const elapsed = performance.now() - start;
  return { count: Math.max(MIN_OPERATIONS, Math.round((done / elapsed) * SLICE_MS)), next: done };
}

/**
 * Runs the contenders in turn, round after round, and gives for each the median and the least of its rounds.
 *
 * A contender is `{ name, operation(index), perSlice? }`; the index rises by one with each operation.
 */
export async function alternate(contenders, rounds) {
  const runs = [];
  for (const contender of contenders) {
    runs.push({ contender, slices: [], ...(await warmUp(contender)) });
  }
  for (let round = 0; round < rounds; round++) {
    for (const run of runs) {
      run.slices.push(await slice(run.contender.operation, run.next, run.count));
      run.next += run.count;
    }
  }
  return runs.map(({ contender, slices }) => {
    const of = (key) => slices.map((one) => one[key]);
    return {
      name: contender.name,
      opsPerSecond: median(of("opsPerSecond")),
      mainCpuMicroseconds: { median: median(of("mainCpu")), least: Math.min(...of("mainCpu")) },
      allCpuMicroseconds: { median: median(of("allCpu")), least: Math.min(...of("allCpu")) },
    };
  });
}
