import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { CLEAN, PLANTS } from "./_plants.ts";
import { crossings } from "./_rule.ts";
import { rustRules } from "./_rust-rules.ts";
import { treeRules } from "./_tree-rules.ts";
import { typescriptRules } from "./_typescript-rules.ts";

const ROOT = join(import.meta.dirname, "../..");
const RULES = [...rustRules, ...typescriptRules, ...treeRules];

const treeOf = (files: Readonly<Record<string, string>>) => new Map(Object.entries(files));

/** What is or would be committed, and what was compiled from it. */
function realTree(): Map<string, string> {
  const git = ["ls-files", "--cached", "--others", "--exclude-standard", "-z"];
  const listed = execFileSync("git", git, { cwd: ROOT, encoding: "utf8" }).split("\0");
  const compiled = existsSync(join(ROOT, "dist"))
    ? readdirSync(join(ROOT, "dist"), { recursive: true, encoding: "utf8" })
    : [];
  const scripts = compiled.filter((name) => /\.[cm]?js$/.test(name)).map((name) => `dist/${name}`);
  const paths = [...listed, ...scripts].filter((path) => path !== "");
  // A file that was deleted and not yet committed is still listed.
  const there = paths.filter((path) => existsSync(join(ROOT, path)));
  return new Map(there.map((path) => [path, readFileSync(join(ROOT, path), "utf8")]));
}

describe("the rules", () => {
  it("find nothing in a clean tree", () => {
    expect(crossings(RULES, treeOf(CLEAN))).toEqual([]);
  });

  it.each(PLANTS)("find, by one rule alone: $rule: $what", ({ rule, files }) => {
    const found = crossings(RULES, treeOf({ ...CLEAN, ...files }));
    expect([...new Set(found.map((crossing) => crossing.rule))]).toEqual([rule]);
  });

  it("each have a planted crossing", () => {
    const planted = new Set(PLANTS.map((plant) => plant.rule));
    expect([...planted].toSorted()).toEqual(RULES.map((rule) => rule.name).toSorted());
  });
});

describe("the repository", () => {
  const tree = realTree();

  it("is there to be judged", () => {
    expect([...tree.keys()]).toEqual(expect.arrayContaining(["Cargo.toml", "src/lib.rs", "js/engine/native.ts"]));
  });

  it.each(RULES)("holds: $name", (rule) => {
    expect(crossings([rule], tree)).toEqual([]);
  });
});
