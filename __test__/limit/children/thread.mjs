// A worker thread that consumes from buckets that all threads share, and answers with what it was given.

import { createRateLimiter } from "ironkeep/limit";
import { parentPort, workerData } from "node:worker_threads";

const { options, decisions } = workerData;
const limiter = createRateLimiter(options);
const admitted = [];
for (let call = 0; call < decisions; call++) {
  const cost = 1 + (call % 3);
  const { allowed, decisions: parts } = limiter.consumeSync({ mine: `key ${call % 3}`, all: "everybody" }, { cost });
  if (allowed) admitted.push([call % 3, cost, ...parts.map(({ at }) => Math.floor(Math.round(at * 1e6) / 1000))]);
}
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
parentPort.postMessage(admitted);
