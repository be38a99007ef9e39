// Has a limiter decide about a million keys, and tells its parent what that took. A process of its own, so that heap and
// memory are the limiter's.
import { cpuTimes } from "../lib/cpu.mjs";
import { memory } from "../lib/resident.mjs";
import { inMemory } from "./contenders.mjs";
import { keysOf } from "./keys.mjs";
import { decideAll, Tally } from "./tally.mjs";

/** Decisions between two looks at the time: their keys are made before. */
const CHUNK = 65_536;
/** Chunks before all, and how many keys they are of. */
const WARM_UP = 8;
const FEW = 100;

async function work({ name }, limiter, { keys, milliseconds }) {
  let next = 0;
  const total = { wall: 0, main: 0, all: 0, decisions: 0 };
  while (total.wall < milliseconds) {
    const visits = keysOf({ first: next, count: CHUNK, of: keys });
    next += CHUNK;
    const tally = new Tally();
    const before = cpuTimes();
    const start = performance.now();
    await decideAll(limiter, visits, { note: tally.note });
    total.wall += performance.now() - start;
    const after = cpuTimes();
    total.main += after.main - before.main;
    total.all += after.all - before.all;
    total.decisions += CHUNK;
    tally.check(name, { count: CHUNK, isAdmitted: true });
  }
  return {
    opsPerSecond: (total.decisions / total.wall) * 1e3,
    mainCpuMicroseconds: total.main / total.decisions,
    allCpuMicroseconds: total.all / total.decisions,
  };
}

/** Has another limiter decide about few keys, so that what the code and the making of keys take is there before. */
async function warmUp(contender, quota) {
  const limiter = await contender.open(quota);
  const tally = new Tally();
  for (let chunk = 0; chunk < WARM_UP; chunk++) {
    await decideAll(limiter, keysOf({ first: chunk * CHUNK, count: CHUNK, of: FEW }), { note: tally.note });
  }
  await limiter.close?.();
}

process.once("message", async ({ id, keys, quota, milliseconds }) => {
  const contender = inMemory.find((one) => one.id === id);
  await warmUp(contender, quota);
  const limiter = await contender.open(quota);
  const before = await memory();
  const fill = new Tally();
  const start = performance.now();
  for (let first = 0; first < keys; first += CHUNK) {
    const count = Math.min(CHUNK, keys - first);
    await decideAll(limiter, keysOf({ first, count, of: keys }), { note: fill.note });
  }
  const fillSeconds = (performance.now() - start) / 1e3;
  fill.check(contender.name, { count: keys, isAdmitted: true });
  const filled = await memory();
  const worked = await work(contender, limiter, { keys, milliseconds });
  const after = await memory();
  await limiter.close?.();
  process.send({
    fillSeconds,
    heapBytes: Math.max(filled.heap, after.heap) - before.heap,
    rssBytes: Math.max(filled.rss, after.rss) - before.rss,
    ...worked,
  });
  process.disconnect();
});
