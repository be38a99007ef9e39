import { readFileSync } from "node:fs";
import { delimiter, join } from "node:path";

import { binaryFaults, glibcNeeded } from "../lib/binary.mjs";
import { compileAddon } from "../lib/build.mjs";
import { ensureDependencies, requireCargo } from "../lib/require.mjs";
import { Failure, run as execute, root } from "../lib/run.mjs";
import { binaryOf, requireTarget } from "../lib/targets.mjs";
import { zigbuild } from "../lib/tools.mjs";

export const usage = "TARGET: builds the addon for one of package.json's napi.targets, and judges it";

/** Linux is cross-compiled on Linux too: that is how a binary comes by an old glibc, or by musl. */
function crossCompiled(target) {
  if (target.endsWith("-linux-gnu")) return { args: ["--use-napi-cross"] };
  if (!target.endsWith("-linux-musl")) return { args: [] };
  const { folder, zig } = zigbuild();
  const PATH = `${folder}${delimiter}${process.env.PATH}`;
  return { args: ["--cross-compile"], env: { PATH, CARGO_ZIGBUILD_ZIG_PATH: zig } };
}

export function run([target]) {
  requireTarget(target);
  requireCargo();
  ensureDependencies();
  execute("rustup", ["target", "add", target]);
  const { args, env } = crossCompiled(target);
  compileAddon(target, { args: ["--target", target, ...args], env });

  const bytes = readFileSync(join(root, binaryOf(target)));
  const faults = binaryFaults(bytes, target);
  if (faults.length > 0) throw new Failure(`${binaryOf(target)}: ${faults.join("; ")}.`);
  console.log(`${binaryOf(target)}: ${bytes.length} bytes, glibc ${glibcNeeded(bytes) ?? "not needed"}`);
}
