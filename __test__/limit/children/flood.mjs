// A process that is asked by ten million keys, and tells by how many bytes it has grown.

import { createRateLimiter } from "ironkeep/limit";

const KEYS = 10_000_000;
const limiter = createRateLimiter({ quota: "100/1h", maxBytes: Number(process.argv[2]), maxKeys: KEYS });
// What the heap needs for so many texts is there before.
for (let key = 0; key < 100_000; key++) String(limiter.peekSync(`key ${key}`).remaining);
globalThis.gc();
const before = process.memoryUsage();
let most = before.rss;
for (let key = 0; key < KEYS; key++) {
  limiter.consumeSync(`attacker ${key}`);
  if (key % 500_000 === 0) {
    globalThis.gc();
    most = Math.max(most, process.memoryUsage().rss);
  }
}
globalThis.gc();
const after = process.memoryUsage();
most = Math.max(most, after.rss);
const heap = after.heapTotal - before.heapTotal;
process.stdout.write(JSON.stringify({ grown: most - before.rss, heap, ...limiter.counts().default }));
