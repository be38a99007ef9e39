// The bench of the core, bench/core.rs: builds it, runs it, and reads what criterion wrote down.
import { execFileSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

import { capture, root } from "../../scripts/lib/run.mjs";
import { median } from "./rounds.mjs";

const HOME = join(root, "target/criterion");

/** The generations of Fe26.2, and ik1, as the bench names them. */
export const FORMATS = ["generation 1", "generation 2", "ik1"];

/** Compiles it in release, which takes a minute or two the first time, and gives the path of the program. */
export function buildCore() {
  const args = ["bench", "--no-default-features", "--features", "bench", "--bench", "core", "--no-run"];
  const messages = capture("cargo", [...args, "--message-format", "json"])
    .split("\n")
    .filter(Boolean);
  const made = messages
    .map((line) => JSON.parse(line))
    .find(({ target, executable }) => target?.name === "core" && executable);
  return made.executable;
}

/** The median and the least of the samples, in microseconds for one operation. */
function read(id) {
  const { iters, times } = JSON.parse(readFileSync(join(HOME, id, "new/sample.json"), "utf8"));
  const each = times.map((nanoseconds, index) => nanoseconds / iters[index] / 1e3);
  return { median: median(each), least: Math.min(...each) };
}

/**
 * Runs it for a format and a size: warm seals, and unseals.
 *
 * @param seconds to measure each of the two for, after a fifth of that to warm up.
 * @returns the microseconds of the thread for one of each: the medians and the leasts of the samples.
 */
export function measureCore(program, { format, bytes, seconds, samples }) {
  const limits = ["--warm-up-time", seconds / 5, "--measurement-time", seconds, "--sample-size", samples].map(String);
  rmSync(join(HOME, format), { recursive: true, force: true });
  execFileSync(program, ["--bench", "--quiet", ...limits, `^${format}/\\w+/${bytes}$`], {
    env: { ...process.env, CRITERION_HOME: HOME },
    // Its progress goes to stderr. What it said is in the error when it fails.
    stdio: ["ignore", "ignore", "pipe"],
  });
  return { seal: read(`${format}/seal/${bytes}`), unseal: read(`${format}/unseal/${bytes}`) };
}
