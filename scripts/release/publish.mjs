import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { Failure, capture, run as execute, root } from "../lib/run.mjs";

export const usage = "[FOLDER] [--dry-run]: publishes assembled tarballs, the main package last";

/** The first npm that publishes as a trusted publisher, without a token. */
const NPM = "11.5.1";

const isOlder = (version, than) => version.localeCompare(than, "en", { numeric: true }) < 0;

/** The integrity of what the registry has under this version; undefined for nothing. */
function published({ name, version }) {
  const args = ["view", `${name}@${version}`, "dist.integrity", "--json"];
  const { status, stdout, stderr } = spawnSync("npm", args, { encoding: "utf8" });
  if (status === 0 && stdout.trim() !== "") return JSON.parse(stdout);
  if (status === 0 || /\bE404\b/.test(`${stdout}${stderr}`)) return undefined;
  throw new Failure(`npm ${args.join(" ")} failed:\n${stderr}`);
}

/** A run that broke off is run again: what it has published is passed over, if it is the same. */
function isThere(tarball) {
  const integrity = published(tarball);
  if (integrity !== undefined && integrity !== tarball.integrity) {
    throw new Failure(`${tarball.name}@${tarball.version} is published, with another content. Raise the version.`);
  }
  return integrity !== undefined;
}

export function run(args) {
  const dryRun = args.includes("--dry-run");
  const folder = args.find((arg) => !arg.startsWith("--")) ?? "target/release-packages/tarballs";
  const npm = capture("npm", ["--version"]).trim();
  if (!dryRun && isOlder(npm, NPM)) throw new Failure(`npm ${npm} publishes with a token alone. ${NPM} is needed.`);

  const tarballs = JSON.parse(readFileSync(join(root, folder, "tarballs.json"), "utf8"));
  for (const tarball of tarballs) {
    const { filename, name, version } = tarball;
    if (!dryRun && isThere(tarball)) {
      console.log(`${name}@${version} is published already.`);
      continue;
    }
    const tag = version.includes("-") ? "next" : "latest";
    const options = ["--access", "public", "--tag", tag, "--ignore-scripts", dryRun ? "--dry-run" : "--provenance"];
    execute("npm", ["publish", join(root, folder, filename), ...options]);
  }
}
