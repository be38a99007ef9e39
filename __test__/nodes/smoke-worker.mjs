// A second thread with the same addon: opens a token, says what was in it, and ends.

import { parentPort, workerData } from "node:worker_threads";

import { unseal } from "ironkeep/iron";

const { token, password, options } = workerData;
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
parentPort.postMessage(await unseal(token, password, options));
