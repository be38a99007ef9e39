// Imports the module that its argument names, and tells its parent what that took. Beside it, it imports only what Node has loaded already.
import { readFileSync } from "node:fs";

/** How many threads the process has; null where that cannot be seen. */
function threads() {
  try {
    return Number(/^Threads:\s*(\d+)/m.exec(readFileSync("/proc/self/status", "latin1"))[1]);
  } catch {
    return null;
  }
}

const threadsBefore = threads();
const before = performance.now();
await import(process.argv[2]);
const importMilliseconds = performance.now() - before;
const { user, system } = process.cpuUsage();
process.send({
  importMilliseconds,
  cpuMilliseconds: (user + system) / 1e3,
  threadsBefore,
  threads: threads(),
  rssBytes: process.memoryUsage.rss(),
});
process.disconnect();
