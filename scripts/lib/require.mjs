import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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

const has = (command) => spawnSync(command, ["--version"], { stdio: "ignore" }).status === 0;

/**
 * Installs Redis's server from Debian where that can be done, and throws where it is missing all the same: the tests start
 * their own servers. The package would start one too, which the policy forbids; one that was there is put back.
 */
export function requireRedis() {
  if (has("redis-server")) return;
  const policy = "/usr/sbin/policy-rc.d";
  if (process.getuid?.() === 0 && has("apt-get")) {
    const before = existsSync(policy) ? readFileSync(policy) : undefined;
    writeFileSync(policy, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
    try {
      const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
      const apt = (...args) => spawnSync("apt-get", ["-qq", ...args], { stdio: ["ignore", "ignore", "inherit"], env });
      apt("update");
      apt("install", "--yes", "--no-install-recommends", "redis-server");
    } finally {
      if (before === undefined) rmSync(policy);
      else writeFileSync(policy, before);
    }
  }
  if (has("redis-server")) return;
  throw new Failure(
    "redis-server is missing, and the tests of the store on Redis start it: apt-get install redis-server, or brew install redis",
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
