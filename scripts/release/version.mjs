import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { build } from "../lib/build.mjs";
import { Failure, run as execute, root } from "../lib/run.mjs";
import { versionFaults } from "../lib/versions.mjs";

export const usage = "X.Y.Z: sets the version everywhere and the date in the changelog, and builds";

function edit(path, pattern, replacement) {
  const text = readFileSync(join(root, path), "utf8");
  if (!pattern.test(text)) throw new Failure(`${path} has nothing like ${pattern.source}.`);
  writeFileSync(join(root, path), text.replace(pattern, replacement));
}

export async function run([version = ""]) {
  if (!/^\d+\.\d+\.\d+(?:-[a-z]+\.\d+)?$/.test(version))
    throw new Failure(`"${version}" is no version like 1.2.0 or 1.2.0-rc.1.`);
  const heading = new RegExp(`^## ${version.replaceAll(".", "\\.")} \\(unreleased\\)$`, "m");
  edit("CHANGELOG.md", heading, `## ${version} (${new Date().toISOString().slice(0, 10)})`);
  edit("Cargo.toml", /^version = ".+"$/m, `version = "${version}"`);
  const args = ["version", version, "--no-git-tag-version", "--allow-same-version", "--ignore-scripts"];
  execute("npm", args, { shell: process.platform === "win32" });
  await build();
  const faults = versionFaults({ tag: `v${version}` });
  if (faults.length > 0) throw new Failure(faults.join("\n"));
}
