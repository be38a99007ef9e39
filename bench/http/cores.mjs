import { execFileSync, spawn, spawnSync } from "node:child_process";
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

/**
 * Keeps the core of the load from falling asleep between two answers, by a process that runs where nothing else does.
 *
 * To wake a core of a virtual machine takes the one who wakes it 10 us and more. That would be counted as the server's, and
 * only for the routes that leave the load time to sleep: those with a session, and not the one without.
 *
 * @returns what ends it.
 */
export function keepAwake(core) {
  const args = ["--idle", "0", "taskset", "-c", String(core), process.execPath, "-e", "for (;;);"];
  const spinner = spawn("chrt", args, { stdio: "ignore" });
  spinner.once("error", () => console.error("chrt (util-linux) is missing: the load's core may fall asleep."));
  const stop = () => spinner.kill("SIGKILL");
  process.once("exit", stop);
  return stop;
}

/** What a core has done so far, in ticks of 10 ms: all that it worked, of that interrupts, and all that has passed. */
export function coreTicks(core) {
  const line = new RegExp(`^cpu${core} (.*)$`, "m").exec(readFileSync("/proc/stat", "latin1"));
  const [user, nice, system, idle, iowait, irq, softirq, steal] = line[1].split(" ").map(Number);
  const worked = user + nice + system + irq + softirq + steal;
  return { worked, interrupts: irq + softirq, passed: worked + idle + iowait };
}
