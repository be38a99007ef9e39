// terminated.mjs COUNT SEED: starts that many threads, ends each at a random moment, and prints what came of it as JSON.

import { defaults, seal, sealSync, unseal } from "ironkeep/iron";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";

import { numbers } from "./numbers.mjs";

const AT_ONCE = 4;
const PASSWORD = "Kq8#vT2m!Zr5xW9p@Lc3nB7y^Hd4sJ6g";
const [count, seed] = process.argv.slice(2).map(Number);
const random = numbers(seed);
const slow = {
  ...defaults,
  encryption: { ...defaults.encryption, iterations: 8192 },
  integrity: { ...defaults.integrity, iterations: 8192 },
};
const folder = mkdtempSync(join(tmpdir(), "ironkeep-workers-"));
const ended = { threads: 0, beforeStart: 0, whileBusy: 0, failures: [] };

async function oneThread(foreign) {
  const worker = new Worker(new URL("busy.mjs", import.meta.url), {
    workerData: { password: PASSWORD, foreign, folder },
  });
  worker.on("error", (error) => ended.failures.push(String(error)));
  const exited = once(worker, "exit");
  // Some end while they load the addon, the others up to some derivations later.
  const isEarly = random() < 0.25;
  if (!isEarly) await Promise.race([once(worker, "message"), exited]);
  await new Promise((resolve) => setTimeout(resolve, random() * 10));
  await worker.terminate();
  await exited;
  ended.threads++;
  if (isEarly) ended.beforeStart++;
  else ended.whileBusy++;
}

let started = 0;
async function lane() {
  while (started < count) {
    started++;
    // Sealed here with fresh salts, so that each thread has derivations of its own to wait for.
    // On this thread, since the queue of derivations is the process's, and the others fill it.
    await oneThread([1, 2, 3].map((n) => sealSync({ id: `${n}`, createdAt: 1, data: {} }, PASSWORD, slow)));
  }
}
await Promise.all(Array.from({ length: AT_ONCE }, lane));

/** What threads that are gone asked for is still derived, and the queue may be full of it. */
async function whenFree(work) {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (error.code !== "ERR_BUSY") throw error;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

const opened = [];
for (const options of [defaults, slow]) {
  const token = await whenFree(() => seal({ user: "ann" }, PASSWORD, options));
  opened.push(await whenFree(() => unseal(token, PASSWORD, options)));
}
rmSync(folder, { recursive: true });
process.stdout.write(`${JSON.stringify({ ...ended, opened })}\n`);
