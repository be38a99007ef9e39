import { mkdirSync, readdirSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";

import { Failure, observe, root } from "./run.mjs";
import { cargoFuzz } from "./tools.mjs";

const SECONDS = 60;
const folder = join(root, "fuzz");

const targets = readdirSync(join(folder, "targets"))
  .filter((name) => name.endsWith(".rs"))
  .map((name) => name.slice(0, -".rs".length));

/** One target, from the committed corpus on. What it finds on its way stays in target/, for the next run. */
async function fuzzOne(name, options) {
  console.log(`\n> fuzz ${name}`);
  const found = join(root, "target/fuzz-corpus", name);
  mkdirSync(found, { recursive: true });
  const paths = ["--fuzz-dir", folder, "--target-dir", join(root, "target/fuzz")];
  const corpora = [found, join(folder, "corpus", name)];
  const limits = [`-max_total_time=${SECONDS}`, "-max_len=4200", "-timeout=10", `-dict=${join(folder, "token.dict")}`];
  const report = ["-verbosity=0", "-print_final_stats=1"];
  // cargo looks for its subcommands on PATH.
  const env = { PATH: `${dirname(cargoFuzz())}${delimiter}${process.env.PATH}` };
  const args = ["+nightly", "fuzz", "run", ...paths, name, ...corpora, "--", ...limits, ...report, ...options];
  return (await observe("cargo", args, { env })).code === 0;
}

/** Runs the targets named in `args`, or all, for a minute each. Other arguments are libFuzzer's, such as `-max_total_time=600`. */
export async function fuzz(args) {
  const options = args.filter((arg) => arg.startsWith("-"));
  const named = args.filter((arg) => !arg.startsWith("-"));
  const unknown = named.filter((name) => !targets.includes(name));
  if (unknown.length > 0)
    throw new Failure(`No target is named ${unknown.join(", ")}. There is: ${targets.join(", ")}.`);

  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const name of named.length > 0 ? named : targets) {
    counts[(await fuzzOne(name, options)) ? "passed" : "failed"]++;
  }
  return counts;
}
