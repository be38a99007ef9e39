// What else the machine does while something is measured on it.

import { readFileSync } from "node:fs";

/** The kernel's unit of processor time in /proc, which is 10 ms on every Linux that Node runs on. */
const TICK_MS = 10;

/** Processor time in ms: of the whole machine, and of the processes that are the measurement itself. */
export interface Spent {
  readonly at: number;
  readonly all: number;
  readonly ours: number;
}

/** The processors that this process may use, by number. */
export function processors(): readonly number[] {
  const [, list = ""] = /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
  return list.split(",").flatMap((range) => {
    const [first = Number.NaN, last = first] = range.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

/** All but idle and iowait: what others of the same host took away (steal) counts too. */
function machineMs(): number {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = readFileSync("/proc/stat", "utf8")
    .split("\n", 1)
    .join()
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return (user + nice + system + irq + softirq + steal) * TICK_MS;
}

function processMs(pid: number): number {
  // The name, in brackets, may hold anything; utime and stime are the 12th and 13th field after it.
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\)\s*/s, "")
    .split(" ");
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** Reads the clocks of the machine and of the processes `pids`. */
export function spent(pids: readonly number[]): Spent {
  return { at: performance.now(), all: machineMs(), ours: pids.reduce((sum, pid) => sum + processMs(pid), 0) };
}

/** The share of one processor that others took between two readings. The clocks are coarse: 0.01 is nothing. */
export function othersShare(before: Spent, after: Spent): number {
  const others = after.all - before.all - (after.ours - before.ours);
  return Math.max(0, others / (after.at - before.at));
}
