// node workers.long.mjs [FOLDER]: ends 500 threads at random moments, on this Node and on each of a folder that holds
// packages with a Node in `bin/node`.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const THREADS = 500;
const DEADLINE_MS = 300_000;
const script = fileURLToPath(new URL("workers/terminated.mjs", import.meta.url));
const [folder] = process.argv.slice(2);
const found = folder === undefined ? [] : readdirSync(folder).map((name) => join(folder, name, "bin/node"));
const nodes = [process.execPath, ...found.filter((file) => existsSync(file))];
if (folder !== undefined && nodes.length === 1) throw new Error(`${folder} holds no Node`);

async function run(node, seed) {
  const child = spawn(node, [script, String(THREADS), String(seed)], { stdio: ["ignore", "pipe", "inherit"] });
  const timer = setTimeout(() => child.kill("SIGKILL"), DEADLINE_MS);
  const parts = [];
  child.stdout.on("data", (part) => parts.push(part));
  const [code, signal] = await once(child, "close");
  clearTimeout(timer);
  if (code !== 0) return { passed: false, said: `exit code ${code}, signal ${signal}` };
  const ended = JSON.parse(Buffer.concat(parts).toString());
  const passed =
    ended.threads === THREADS && ended.failures.length === 0 && ended.opened.every((each) => each.user === "ann");
  return { passed, said: JSON.stringify(ended) };
}

let failed = 0;
for (const [index, node] of nodes.entries()) {
  const { passed, said } = await run(node, index + 1);
  if (!passed) failed++;
  console.log(`${passed ? "ok    " : "FAILED"} ${node} ${said}`);
}
console.log(`${nodes.length - failed} passed, ${failed} failed`);
if (failed > 0) process.exitCode = 1;
