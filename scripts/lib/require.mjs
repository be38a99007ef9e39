import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";

import { Failure, root, run } from "./run.mjs";

/** Throws, with the command that installs it, when there is no Rust. */
export function requireCargo() {
  if (spawnSync("cargo", ["--version"]).status === 0) return;
  throw new Failure(
    "cargo is missing. Install Rust, then try again:\n\n" +
      "  curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh\n",
  );
}

/** Throws, with the command that installs it, when there is no nightly Rust: sanitizers and coverage are nowhere else. */
export function requireNightly() {
  requireCargo();
  if (spawnSync("cargo", ["+nightly", "--version"]).status === 0) return;
  throw new Failure(
    "Fuzzers and sanitizers need a nightly Rust. Install it, then try again:\n\n" +
      "  rustup toolchain install nightly --profile minimal\n",
  );
}

const read = (...path) => JSON.parse(readFileSync(join(...path), "utf8"));

/** npm writes down what it installed: comparing that also sees a node_modules that somebody else changed. */
function isInstalled(folder, { "": _project, ...locked }) {
  const record = join(folder, "node_modules/.package-lock.json");
  if (!existsSync(record)) return false;
  const installed = read(record).packages;
  // Optional packages are those of a platform: locked and not installed, or installed where the lock was not made.
  const agree = (name) => {
    const [there, wanted] = [installed[name], locked[name]];
    if (there === undefined || wanted === undefined) return (there ?? wanted).optional === true;
    return there.integrity === wanted.integrity;
  };
  return [...Object.keys(installed), ...Object.keys(locked)].every(agree);
}

function requireLockInStep(folder, project) {
  const manifest = read(folder, "package.json");
  const kinds = ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"];
  if (kinds.every((kind) => isDeepStrictEqual(manifest[kind], project[kind]))) return;
  throw new Failure(`${folder}: package-lock.json is not of this package.json. Run npm install.`);
}

/**
 * Installs what package-lock.json says, unless that is what is there.
 *
 * Not with `npm ci`: it refuses a lock without the packages of other platforms where the registry lacks one of
 * them (npm/cli#9846), though none is wanted here. What `npm ci` promises is checked before and after instead.
 */
export function ensureDependencies(folder = root) {
  const { packages } = read(folder, "package-lock.json");
  requireLockInStep(folder, packages[""]);
  if (isInstalled(folder, packages)) return;
  const args = ["install", "--no-save", "--ignore-scripts", "--include=dev", "--no-audit", "--no-fund"];
  run("npm", [...args, "--prefix", folder], { shell: process.platform === "win32" });
  if (isInstalled(folder, packages)) return;
  throw new Failure(`${folder}: npm did not install what package-lock.json says.`);
}
