import { readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";

import { once } from "./once.mjs";
import { ensureDependencies, requireCargo } from "./require.mjs";
import { bin, capture, root, run } from "./run.mjs";
import { encodedRustflags } from "./rustflags.mjs";

const NAPI_OUTPUTS = "--js index.cjs --dts index.d.ts --no-const-enum".split(" ");

/** What an addon is made from, and with. */
export const addonSources = () => ({
  inputs: ["Cargo.toml", "Cargo.lock", "build.rs", "src", "package.json", "package-lock.json"],
  facts: [process.platform, process.arch, capture("rustc", ["--version"])],
});

const binaries = () => readdirSync(root).filter((name) => name.endsWith(".node"));

/** Builds the addon for a target, given as rustc names it; `args` say how it is cross-compiled. */
export function compileAddon(triple, { args = [], env = {} } = {}) {
  const started = Date.now();
  const all = ["build", "--platform", "--release", ...NAPI_OUTPUTS, ...args];
  const flags = { CARGO_ENCODED_RUSTFLAGS: encodedRustflags(triple) };
  run(process.execPath, [bin("@napi-rs/cli", "napi"), ...all], { env: { ...flags, ...env } });
  // A binary left by another platform or name would be hashed, loaded or packed as if it were ours.
  for (const name of binaries()) {
    if (statSync(join(root, name)).mtimeMs < started - 1000) rmSync(join(root, name));
  }
}

async function buildAddon(force) {
  const rustc = capture("rustc", ["-vV"]);
  const [, host] = /^host: (.+)$/m.exec(rustc);
  const step = {
    name: "addon",
    ...addonSources(),
    facts: [rustc, encodedRustflags(host)],
    outputs: () => ["index.cjs", "index.d.ts", ...binaries()],
    force,
  };
  await once(step, () => compileAddon(host));
}

async function listLicences(force) {
  const step = {
    name: "licences",
    inputs: ["Cargo.toml", "Cargo.lock", "package.json", "scripts/licenses.mjs"],
    outputs: () => ["THIRD-PARTY-LICENSES.md"],
    force,
  };
  await once(step, () => run(process.execPath, ["scripts/licenses.mjs"]));
}

async function makePlatformPackages(force) {
  const step = {
    name: "npm",
    inputs: ["package.json", "package-lock.json"],
    outputs: () => ["npm"],
    force,
  };
  await once(step, () => {
    // A platform that is no longer a target must not be published.
    rmSync(join(root, "npm"), { recursive: true, force: true });
    run(process.execPath, [bin("@napi-rs/cli", "napi"), "create-npm-dirs"]);
  });
}

async function compileTypeScript(force) {
  const step = {
    name: "typescript",
    inputs: ["js", "tsconfig.json", "index.d.ts", "package.json", "package-lock.json"],
    outputs: () => ["dist"],
    force,
  };
  await once(step, () => {
    // What a deleted source once made must not be packed.
    rmSync(join(root, "dist"), { recursive: true, force: true });
    run(process.execPath, [bin("typescript", "tsc"), "-p", "tsconfig.json"]);
  });
}

/**
 * Makes index.cjs, index.d.ts, the addon, the list of its licences, npm/, the files generated from the addon, and dist/: what
 * changed, in this order.
 */
export async function build({ force = false } = {}) {
  requireCargo();
  ensureDependencies();
  await buildAddon(force);
  await listLicences(force);
  await makePlatformPackages(force);
  // Always: it takes no time, and what it reads is its own business.
  run(process.execPath, ["scripts/generate.mjs"]);
  await compileTypeScript(force);
}
