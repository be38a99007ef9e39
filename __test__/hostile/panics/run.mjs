// run.mjs [thread]: runs the table, here or on two threads one after the other, and prints what came of it as JSON, a line each.

import { once } from "node:events";
import { isMainThread, parentPort, Worker } from "node:worker_threads";

import { table } from "./table.mjs";

function print(report) {
  process.stdout.write(`${JSON.stringify(report)}\n`);
}

if (!isMainThread) {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  parentPort.postMessage(await table());
} else if (process.argv[2] === "thread") {
  for (let thread = 0; thread < 2; thread++) {
    const worker = new Worker(new URL(import.meta.url));
    const exited = once(worker, "exit");
    const [report] = await once(worker, "message");
    await exited;
    print(report);
  }
} else {
  print(await table());
}
