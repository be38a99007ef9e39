import { readFileSync } from "node:fs";
import { join } from "node:path";

import { Failure, root } from "./run.mjs";

const { napi } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

/** The targets of a release, as rustc names them. */
export const targets = napi.targets;

const SYSTEMS = { linux: "linux", darwin: "darwin", windows: "win32" };
const PROCESSORS = { x86_64: "x64", aarch64: "arm64" };

/** What napi-rs calls a target in file names and packages: `linux-x64-gnu`. */
export function platformOf(target) {
  const [cpu, , system, abi] = target.split("-");
  return [SYSTEMS[system], PROCESSORS[cpu], abi].filter(Boolean).join("-");
}

export const binaryOf = (target) => `${napi.binaryName}.${platformOf(target)}.node`;

/** Throws when a target is none of package.json's. */
export function requireTarget(target) {
  if (targets.includes(target)) return;
  throw new Failure(`${target ?? "No target"} is none of package.json's napi.targets: ${targets.join(", ")}.`);
}
