import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

import { root } from "./run.mjs";

const first = (text, pattern) => pattern.exec(text)?.[1] ?? "none";

/** Every place that says the version of Ironkeep, with what it says, in the tree under `folder`. */
function versions(folder) {
  const read = (path) => readFileSync(join(folder, path), "utf8");
  const lock = JSON.parse(read("package-lock.json"));
  const platforms = readdirSync(join(folder, "npm")).map((name) => `npm/${name}/package.json`);
  return [
    ["package-lock.json", lock.version],
    ["package-lock.json, the package itself", lock.packages[""].version],
    ["Cargo.toml", first(read("Cargo.toml"), /^version = "(.+)"$/m)],
    ["Cargo.lock", first(read("Cargo.lock"), /^name = "ironkeep"\nversion = "(.+)"$/m)],
    ["index.cjs", first(read("index.cjs"), /bindingPackageVersion !== '([^']+)'/)],
    ...platforms.map((path) => [path, JSON.parse(read(path)).version]),
  ];
}

/** The changelog's heading of a version: `## 1.2.0 (unreleased)`, and `## 1.2.0 (2026-01-31)` once it is released. */
const headingOf = (folder, version) => {
  const headings = readFileSync(join(folder, "CHANGELOG.md"), "utf8").matchAll(/^## (\S+) \((.+)\)$/gm);
  return [...headings].find(([, name]) => name === version)?.[2];
};

/** What is not of the version that package.json says. `tag` is that of a release, if there is one. */
export function versionFaults({ folder = root, tag } = {}) {
  const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const heading = headingOf(folder, version);
  return [
    ...versions(folder)
      .filter(([, said]) => said !== version)
      .map(([place, said]) => `${place} says ${said}, package.json says ${version}`),
    ...(heading === undefined ? [`CHANGELOG.md has no "## ${version} (unreleased)" or "(date)"`] : []),
    ...(tag === undefined || tag === `v${version}` ? [] : [`the tag is ${tag}, package.json says ${version}`]),
    ...(tag !== undefined && heading === "unreleased" ? [`CHANGELOG.md says that ${version} is unreleased`] : []),
  ];
}
