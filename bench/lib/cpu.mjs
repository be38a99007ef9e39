import { readFileSync } from "node:fs";

const SCHEDSTAT = `/proc/self/task/${process.pid}/schedstat`;
const cell = new Int32Array(new SharedArrayBuffer(4));

/**
 * Lets the kernel account for what this thread has used: it does so when the thread sleeps, else at the next tick, which
 * may be 4 ms away.
 */
function settle() {
  Atomics.wait(cell, 0, 0, 0.05);
}

function fromSchedstat() {
  const [nanoseconds] = readFileSync(SCHEDSTAT, "latin1").split(" ");
  return Number(nanoseconds) / 1e3;
}

const microseconds = ({ user, system }) => user + system;

/** How the CPU time of the main thread is read here: since Node 23.9 by Node itself, else on Linux from the kernel. */
function mainThreadClock() {
  if (typeof process.threadCpuUsage === "function") {
    return { name: "process.threadCpuUsage", read: () => microseconds(process.threadCpuUsage()) };
  }
  try {
    fromSchedstat();
    return { name: "/proc/self/task schedstat", read: fromSchedstat };
  } catch {
    return { name: "none: the CPU of all threads stands for it", read: undefined };
  }
}

const main = mainThreadClock();

/** What measures the main thread. */
export const mainClock = main.name;

/**
 * The CPU time used so far, in microseconds: by the main thread, and by all threads of the process. Where the main
 * thread cannot be told from the others, both are of all threads.
 */
export function cpuTimes() {
  settle();
  const all = microseconds(process.cpuUsage());
  return { main: main.read?.() ?? all, all };
}
