// Fills a store with a million sessions, has it worked on, and tells its parent what that took. A process of its own, so that
// heap and memory are the store's.
import { families } from "./contenders.mjs";
import { cpuTimes } from "../lib/cpu.mjs";
import { memory } from "../lib/resident.mjs";
import { longestStall, runThrough } from "./load.mjs";
import { keyAt, sessionAt } from "./sessions.mjs";

/** Operations of a load until its time is looked at. */
const CHUNK = 8192;
const STALL_MS = 2000;
const IN_FLIGHT = 64;
/** Sessions are visited in this stride, which shares no factor with their number: neighbours are far from each other. */
const STRIDE = 611_953;

async function work(store, { count, milliseconds }) {
  // A request that changes its session: a get, and then a set.
  const request = async (number) => {
    const index = (number * STRIDE) % count;
    const key = keyAt(index);
    const session = await store.get(index, key);
    if (session === undefined) throw new Error("A session is not there");
    await store.set(index, key, session);
  };
  let next = 0;
  const load = async (duration) => {
    const before = cpuTimes();
    const start = performance.now();
    const first = next;
    while (performance.now() - start < duration) {
      await runThrough(request, { first: next, count: CHUNK, inFlight: IN_FLIGHT });
      next += CHUNK;
    }
    const wall = performance.now() - start;
    const after = cpuTimes();
    const operations = 2 * (next - first);
    return {
      opsPerSecond: (operations / wall) * 1e3,
      mainCpuMicroseconds: (after.main - before.main) / operations,
      allCpuMicroseconds: (after.all - before.all) / operations,
    };
  };
  await load(milliseconds / 4);
  const loaded = await load(milliseconds);
  const range = { first: next, count: Number.POSITIVE_INFINITY, inFlight: IN_FLIGHT };
  const { longest } = await longestStall(request, { ...range, milliseconds: STALL_MS });
  return { ...loaded, longestStallMilliseconds: longest };
}

process.once("message", async ({ family, id, path, isFilled, count, milliseconds }) => {
  const contender = families[family].find((one) => one.id === id);
  const store = await contender.open({ path, most: count });
  sessionAt(0);
  const before = await memory();
  const start = performance.now();
  if (!isFilled) await store.fill(count, (index) => [keyAt(index), sessionAt(index)]);
  const fillSeconds = isFilled ? null : (performance.now() - start) / 1e3;
  const filled = await memory();
  const worked = await work(store, { count, milliseconds });
  const after = await memory();
  await store.close();
  process.send({
    fillSeconds,
    heapBytes: Math.max(filled.heap, after.heap) - before.heap,
    rssBytes: Math.max(filled.rss, after.rss) - before.rss,
    ...worked,
  });
  process.disconnect();
});
