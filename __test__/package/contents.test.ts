import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { importsOf } from "../tidy/_imports.ts";
import { sourceOf } from "../tidy/_source.ts";
import { ROOT, filesUnder, manifest } from "./_package.ts";

const BESIDE_DIST = ["LICENSE", "README.md", "index.cjs", "index.d.ts", "package.json"];

/** What a source file of js/ compiles to. */
function compiled(path: string): string[] {
  const [, stem, kind] = /^(.*)\.([cm]?)ts$/.exec(path) ?? [];
  return [`dist/${stem}.${kind}js`, `dist/${stem}.d.${kind}ts`];
}

function packed(): string[] {
  const args = ["pack", "--dry-run", "--json", "--ignore-scripts"];
  const shell = process.platform === "win32";
  const stdout = execFileSync("npm", args, { cwd: ROOT, encoding: "utf8", shell, stdio: "pipe" });
  const [{ files }] = JSON.parse(stdout) as [{ files: { path: string }[] }];
  return files.map((file) => file.path);
}

describe("the packed package", () => {
  it("holds the loader, what js/ compiles to, and nothing else", () => {
    const expected = [...BESIDE_DIST, ...filesUnder("js").flatMap(compiled)];
    expect(packed().toSorted()).toEqual(expected.toSorted());
  });

  it("runs nothing when it is installed", () => {
    expect(Object.keys(manifest.scripts)).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/^(?:(?:pre|post)?install|prepare)$/)]),
    );
  });

  it("depends on cookie-es alone, and on h3 only where the app has it", () => {
    expect(Object.keys(manifest.dependencies)).toEqual(["cookie-es"]);
    expect(manifest.peerDependenciesMeta).toEqual({ h3: { optional: true } });
  });

  it("imports nothing that it does not depend on", () => {
    const scripts = filesUnder("dist").filter((path) => /\.[cm]?js$/.test(path));
    const specifiers = scripts.flatMap((path) =>
      importsOf(sourceOf(path, readFileSync(join(ROOT, "dist", path), "utf8"))).map(({ specifier }) => specifier),
    );
    const foreign = specifiers.filter((specifier) => !/^(?:\.|node:)/.test(specifier));
    expect([...new Set(foreign)].toSorted()).toEqual(["#engine", "cookie-es"]);
  });
});
