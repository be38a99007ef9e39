import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { importsOf } from "../tidy/_imports.ts";
import { sourceOf } from "../tidy/_source.ts";
import { type Manifest, ROOT, filesUnder, manifest } from "./_package.ts";

const BESIDE_DIST = ["LICENSE", "README.md", "THIRD-PARTY-LICENSES.md", "index.cjs", "index.d.ts", "package.json"];
const LIST = join(import.meta.dirname, "packed-files.txt");

/** A user gets this much more than the binary. Half of it is used. */
const MAX_PACKED_BYTES = 288 * 1024;
const MAX_UNPACKED_BYTES = 1152 * 1024;
/** What runs on a user's server comes from as few hands as can be. */
const MAX_DEPENDENCIES = 2;

const NO_PLACE_IN_A_PACKAGE =
  /(?:\.map|\.rs|\.toml|\.node|\.pem|\.key|\.log|\.tgz|(?<!\.d)\.[cm]?ts)$|(?:^|\/)(?:\.|_*tests?_*\/)|\.test\./;

/** What a source file of js/ compiles to. */
function compiled(path: string): string[] {
  // Says what others export, and is nothing itself.
  if (path.endsWith(".d.ts")) return [];
  const [, stem, kind] = /^(.*)\.([cm]?)ts$/.exec(path) ?? [];
  return [`dist/${stem}.${kind}js`, `dist/${stem}.d.${kind}ts`];
}

interface Packed {
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string }[];
}

function pack(): Packed {
  const args = ["pack", "--dry-run", "--json", "--ignore-scripts"];
  const shell = process.platform === "win32";
  const stdout = execFileSync("npm", args, { cwd: ROOT, encoding: "utf8", shell, stdio: "pipe" });
  const [packed] = JSON.parse(stdout) as [Packed];
  return packed;
}

/** The first column of the table in ARCHITECTURE.md that begins with `heading`. */
function tableOf(heading: string): string[] {
  const [, after = ""] = readFileSync(join(ROOT, "ARCHITECTURE.md"), "utf8").split(`| ${heading} |`);
  const [table = ""] = after.split("\n\n");
  return [...table.matchAll(/^\| ([^|]*[^|\s-][^|]*) \| [^|]+ \|$/gm)].flatMap(([, names = ""]) => names.split(", "));
}

describe("the packed package", () => {
  const packed = pack();
  const paths = packed.files.map(({ path }) => path).toSorted();

  it("holds the loader, what js/ compiles to, and nothing else", () => {
    const expected = [...BESIDE_DIST, ...filesUnder("js").flatMap(compiled)];
    expect(paths).toEqual(expected.toSorted());
  });

  // The name is what a failure says.
  it("holds the files of packed-files.txt; if others are right, write it anew: npm test -- js __test__/package -u", async () => {
    await expect(`${paths.join("\n")}\n`).toMatchFileSnapshot(LIST);
  });

  it("has no tests, sources, source maps or secrets", () => {
    expect(paths.filter((path) => NO_PLACE_IN_A_PACKAGE.test(path))).toEqual([]);
    const kept = ["src/lib.rs", "dist/a.js.map", ".env", "dist/.npmrc", "js/a.ts", "dist/__test__/a.js", "a.test.js"];
    expect(kept.filter((path) => !NO_PLACE_IN_A_PACKAGE.test(path))).toEqual([]);
  });

  it("names no folder of the machine that built it, and no source map", () => {
    const telling = [join(ROOT, "/"), join(homedir(), "/"), "sourceMappingURL"];
    const told = paths.filter((path) => {
      const text = readFileSync(join(ROOT, path), "utf8");
      return telling.some((part) => text.includes(part));
    });
    expect(told).toEqual([]);
  });

  it("is small", () => {
    expect(packed.size).toBeLessThan(MAX_PACKED_BYTES);
    expect(packed.unpackedSize).toBeLessThan(MAX_UNPACKED_BYTES);
  });

  it("runs nothing when it is installed, and its binaries' packages neither", () => {
    const platforms = readdirSync(join(ROOT, "npm")).map((name) => join(ROOT, "npm", name, "package.json"));
    const others = platforms.map((path) => JSON.parse(readFileSync(path, "utf8")) as Partial<Manifest>);
    expect(others).toHaveLength(manifest.napi.targets.length);
    const scripts = [manifest, ...others].flatMap((published) => Object.keys(published.scripts ?? {}));
    expect(scripts.filter((name) => /^(?:(?:pre|post)?install|(?:pre|post)?prepare|prepublish)$/.test(name))).toEqual(
      [],
    );
  });

  it("depends on little, each with its reason in ARCHITECTURE.md, and on h3 and unstorage only where the app has them", () => {
    const names = Object.keys(manifest.dependencies);
    expect(names.length).toBeLessThanOrEqual(MAX_DEPENDENCIES);
    expect(tableOf("npm, at run time").toSorted()).toEqual(names.toSorted());
    expect(manifest.peerDependenciesMeta).toEqual({ h3: { optional: true }, unstorage: { optional: true } });
  });

  it("imports nothing that it does not depend on", () => {
    const scripts = filesUnder("dist").filter((path) => /\.[cm]?js$/.test(path));
    const specifiers = scripts.flatMap((path) =>
      importsOf(sourceOf(path, readFileSync(join(ROOT, "dist", path), "utf8"))).map(({ specifier }) => specifier),
    );
    const foreign = specifiers.filter((specifier) => !/^(?:\.|node:)/.test(specifier));
    // What the bundler of a Nuxt app resolves, and what it must not take in.
    const inNuxt = ["#imports", "ironkeep/nuxt/server"];
    expect([...new Set(foreign)].toSorted()).toEqual(["#engine", "citty", "cookie-es", ...inNuxt].toSorted());
  });
});
