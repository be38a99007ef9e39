// one-call.mjs, as a worker's script: loads a session, says its data, and when it is told to, closes the store and says what that gives.

import { parentPort, workerData } from "node:worker_threads";

import { createStore } from "ironkeep/store";

// oxlint-disable unicorn/require-post-message-target-origin -- a thread has no origin

const { config, key } = workerData;
const store = createStore(config);
const now = () => ({ now: Date.now() });

const { record } = await store.load(now(), key);
parentPort.postMessage(record.data);
parentPort.once("message", async () => {
  await store.close();
  parentPort.postMessage(await store.load(now(), key).catch(({ code }) => code));
});
