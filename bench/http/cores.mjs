import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

import { Failure } from "../../scripts/lib/run.mjs";

/** `0-1,4` as numbers. */
const parse = (list) =>
  list
    .trim()
    .split(",")
    .flatMap((range) => {
      const [first, last = first] = range.split("-").map(Number);
      return Array.from({ length: last - first + 1 }, (_, index) => first + index);
    });

function siblingsOf(core) {
  try {
    return parse(readFileSync(`/sys/devices/system/cpu/cpu${core}/topology/thread_siblings_list`, "utf8"));
  } catch {
    return [core];
  }
}

/**
 * A core for the server and one for the load, which share no hardware where that can be had.
 *
 * @throws Failure where processes cannot be bound to cores, or there is one alone.
 */
export function chooseCores() {
  if (process.platform !== "linux" || spawnSync("taskset", ["--version"]).error) {
    throw new Failure("The server and the load are bound to a core each with taskset, which needs Linux (util-linux).");
  }
  const allowed = parse(/^Cpus_allowed_list:\s*(.*)$/m.exec(readFileSync("/proc/self/status", "utf8"))[1]);
  // Interrupts tend to go to the first.
  const server = allowed.at(-1);
  const others = allowed.filter((core) => core !== server);
  if (others.length === 0)
    throw new Failure("A core for the server and one for the load are needed, and there is one.");
  const siblings = siblingsOf(server);
  const load = others.find((core) => !siblings.includes(core)) ?? others[0];
  return { server, load, shareHardware: siblings.includes(load) };
}

/** Binds this process, all its threads, and what it starts from now on. */
export function bindTo(core) {
  execFileSync("taskset", ["-acp", String(core), String(process.pid)], { stdio: "ignore" });
}

/** What a core has done so far, in ticks of 10 ms: all that it worked, of that interrupts, and all that has passed. */
export function coreTicks(core) {
  const line = new RegExp(`^cpu${core} (.*)$`, "m").exec(readFileSync("/proc/stat", "latin1"));
  const [user, nice, system, idle, iowait, irq, softirq, steal] = line[1].split(" ").map(Number);
  const worked = user + nice + system + irq + softirq + steal;
  return { worked, interrupts: irq + softirq, passed: worked + idle + iowait };
}
