import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { Failure } from "../../scripts/lib/run.mjs";

const SCRIPT = fileURLToPath(new URL("wrk.lua", import.meta.url));
/** Connections that are kept alive, each with one request under way. */
export const CONNECTIONS = 32;
/** Reading the cookies and opening the connections, and the first requests on them. */
const RAMP_MS = 500;

/** Throws, with the command that installs it, when there is no wrk. */
export function requireWrk() {
  if (spawnSync("wrk", ["-v"]).error?.code !== "ENOENT") return;
  throw new Failure("wrk is missing. Install it as root, then try again:\n\n  apt-get install wrk\n");
}

/** Refusals and broken connections, in wrk's words. */
const complaint = (output) => /^\s*(?:Socket errors|Non-2xx or 3xx responses):.*$/m.exec(output)?.[0].trim();

/**
 * Asks a server as fast as it answers, from a core of its own.
 *
 * @param jar `{ file, name }`: prepared cookies.
 * @param first how many of them to pass over.
 * @param during called when the load is under way; the load ends with it, and its result is given.
 */
export async function underLoad({ core, url, jar, first }, during) {
  const limits = ["--threads", "1", "--connections", CONNECTIONS, "--duration", "600s", "--timeout", "60s"];
  const args = ["-c", core, "wrk", ...limits, "--script", SCRIPT, url, "--", jar.name, jar.file, first];
  const load = spawn("taskset", args.map(String), { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  load.stdout.setEncoding("utf8").on("data", (text) => (output += text));
  const closed = once(load, "close");
  await Promise.race([sleep(RAMP_MS), closed]);
  if (load.exitCode !== null) throw new Error(`wrk ended before it was asked to:\n${output}`);
  let result;
  try {
    result = await during();
  } finally {
    // On this it reports what went wrong, and ends.
    load.kill("SIGINT");
    await closed;
  }
  const wrong = complaint(output);
  if (wrong) throw new Error(`${url} did not answer all: ${wrong}`);
  return result;
}
