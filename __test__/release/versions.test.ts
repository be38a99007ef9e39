import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { temporaryFolder } from "./_fakes.ts";
import { versionFaults } from "./_scripts.ts";

const ROOT = join(import.meta.dirname, "../..");
const FILES = ["package.json", "package-lock.json", "Cargo.toml", "Cargo.lock", "index.cjs", "CHANGELOG.md", "npm"];

const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string };

/** A copy of the files that say a version, with one thing in one of them replaced. */
function treeWith(file: string, from: string, to: string): string {
  const folder = temporaryFolder();
  for (const name of FILES) cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  const path = join(folder, file);
  const text = readFileSync(path, "utf8");
  expect(text).toContain(from);
  writeFileSync(path, text.replaceAll(from, to));
  return folder;
}

describe("the version", () => {
  it("is the same everywhere", () => {
    expect(versionFaults()).toEqual([]);
  });

  it.each([
    ["Cargo.toml", `\nversion = "${version}"`, '\nversion = "9.9.9"'],
    ["Cargo.lock", `name = "ironkeep"\nversion = "${version}"`, 'name = "ironkeep"\nversion = "9.9.9"'],
    ["index.cjs", version, "9.9.9"],
    ["npm/linux-x64-musl/package.json", `"version": "${version}"`, '"version": "9.9.9"'],
  ])("is missed in %s", (file, from, to) => {
    const folder = treeWith(file, from, to);
    expect(versionFaults({ folder })).toEqual([`${file} says 9.9.9, package.json says ${version}`]);
  });

  it("is missed in package-lock.json, where it stands twice", () => {
    const lock = `"name": "ironkeep",\n  "version": "${version}"`;
    const folder = treeWith("package-lock.json", lock, lock.replace(version, "9.9.9"));
    expect(versionFaults({ folder })).toEqual([`package-lock.json says 9.9.9, package.json says ${version}`]);
  });

  it("has its part of the changelog", () => {
    const folder = treeWith("CHANGELOG.md", `## ${version} `, "## 9.9.9 ");
    expect(versionFaults({ folder })).toEqual([`CHANGELOG.md has no "## ${version} (unreleased)" or "(date)"`]);
  });

  it("is the tag's, and is not called unreleased any more", () => {
    const folder = treeWith("CHANGELOG.md", `## ${version} (`, `## ${version} (unreleased)\n## 0.0.0 (`);
    expect(versionFaults({ folder, tag: "v9.9.9" })).toEqual([
      `the tag is v9.9.9, package.json says ${version}`,
      `CHANGELOG.md says that ${version} is unreleased`,
    ]);
    const released = treeWith("CHANGELOG.md", `## ${version} (`, `## ${version} (2030-01-31)\n## 0.0.0 (`);
    expect(versionFaults({ folder: released, tag: `v${version}` })).toEqual([]);
  });
});
