// Memory that is one contender's alone: a process for each.
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** What is JavaScript's gets the heap that it needs: V8's own limit follows from the machine's memory. */
const ARGUMENTS = ["--expose-gc", "--max-old-space-size=4096"];

/** Has a program, which is sent `task`, measure in a process of its own, and gives what it tells. */
export async function measureInChild(program, name, task) {
  const options = { execArgv: ARGUMENTS, stdio: ["ignore", "inherit", "inherit", "ipc"] };
  const child = fork(fileURLToPath(program), options);
  let told;
  child.once("message", (message) => (told = message));
  child.send(task);
  const [code] = await once(child, "close");
  if (code !== 0 || told === undefined) throw new Error(`The process of ${name} ended with ${code}`);
  return told;
}

/** In such a process: its RSS as it stands, and what of V8's heap is live, with what it accounts for outside. */
export async function memory() {
  const rss = process.memoryUsage.rss();
  for (let times = 0; times < 2; times++) {
    global.gc();
    // Finalizers run in turns of their own.
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, external } = process.memoryUsage();
  return { rss, heap: heapUsed + external };
}
