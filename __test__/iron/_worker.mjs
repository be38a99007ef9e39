// A second JavaScript thread with the same addon in the same process: it opens what it is sent, and
// answers with what came of it.

import { parentPort } from "node:worker_threads";

import { unseal, unsealSync } from "ironkeep/iron";

async function resultOf({ sealed, password, options, sync }) {
  try {
    await (sync ? unsealSync : unseal)(sealed, password, options);
    return "opened";
  } catch (error) {
    return error.code;
  }
}

parentPort.on("message", async ({ call, ...request }) => {
  const answer = { call, result: await resultOf(request) };
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  parentPort.postMessage(answer);
});
