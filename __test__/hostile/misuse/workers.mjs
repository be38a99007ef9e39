// The tables again, from several threads of one process at once.

import { once } from "node:events";
import { Worker } from "node:worker_threads";

import { attempt, report } from "./table.mjs";

const TABLES = ["iron", "binding", "iron", "binding"];

async function run(table) {
  const worker = new Worker(new URL(`${table}.mjs`, import.meta.url), { stdout: true });
  const parts = [];
  worker.stdout.on("data", (part) => parts.push(part));
  const [code] = await once(worker, "exit");
  const { outcomes, unhandled, afterwards } = JSON.parse(Buffer.concat(parts).toString().trimEnd().split("\n").at(-1));
  const odd = outcomes.filter(({ kind }) => kind !== "value" && kind !== "error");
  return { table, code, calls: outcomes.length, odd, unhandled, afterwards };
}

for (const ended of await Promise.all(TABLES.map((table) => run(table)))) {
  const { table, code, calls, odd, unhandled, afterwards } = ended;
  const isFine = code === 0 && calls > 1000 && odd.length + unhandled.length === 0 && afterwards === "works";
  // What is no error is a fault to the judge.
  await attempt(`${table} on a thread`, () => isFine || Promise.reject(JSON.stringify(ended)));
}

await report();
