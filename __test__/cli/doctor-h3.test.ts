import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { cli, cliJson } from "./_cli.ts";

interface Report {
  readonly findings: readonly { readonly check: string; readonly level: string; readonly message: string }[];
}

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "ironkeep-h3-"));
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

function install(path: string, name: string, version: unknown): void {
  mkdirSync(join(root, path), { recursive: true });
  writeFileSync(join(root, path, "package.json"), JSON.stringify({ name, version }));
}

/** What is said of h3, as `level: message`. */
async function look(cwd = "."): Promise<string[]> {
  const { code, json } = await cliJson<Report>(["doctor", "--cwd", join(root, cwd)]);
  expect(code).toBe(0);
  return json.findings.filter(({ check }) => check === "h3").map(({ level, message }) => `${level}: ${message}`);
}

/** The paths alone. */
const paths = async (cwd?: string) => (await look(cwd)).map((line) => /\(([^)]+)\)/.exec(line)?.[1]);

const G1 = "generation 1 (1 iteration)";
const G2 = "generation 2 (8192 iterations)";

describe("what each h3 writes", () => {
  it.each([
    ["1.15.0", `ok: h3 1.15.0 (node_modules/h3) is h3 1: cookies of ${G1}`],
    ["1.15.11", `ok: h3 1.15.11 (node_modules/h3) is h3 1: cookies of ${G1}`],
    ["2.0.1-rc.25", `ok: h3 2.0.1-rc.25 (node_modules/h3) is h3 2: cookies of ${G2}`],
    ["2.0.8", `ok: h3 2.0.8 (node_modules/h3) is h3 2: cookies of ${G2}`],
    ["2.1.0-beta.1", `ok: h3 2.1.0-beta.1 (node_modules/h3) is h3 2: cookies of ${G2}`],
    [
      "2.0.1-rc.24",
      `warn: h3 2.0.1-rc.24 (node_modules/h3) reads and writes ${G1} alone, and the helpers write ${G2} on its events`,
    ],
    [
      "2.0.1-rc.2",
      `warn: h3 2.0.1-rc.2 (node_modules/h3) reads and writes ${G1} alone, and the helpers write ${G2} on its events`,
    ],
    [
      "2.0.1-rc.1",
      "warn: h3 2.0.1-rc.1 (node_modules/h3) is below 2.0.1-rc.2, the lowest that the helpers are made for",
    ],
    [
      "2.0.0-beta.4",
      "warn: h3 2.0.0-beta.4 (node_modules/h3) is below 2.0.1-rc.2, the lowest that the helpers are made for",
    ],
    ["1.14.0", "warn: h3 1.14.0 (node_modules/h3) is below 1.15.0, the lowest that the helpers are made for"],
    ["3.0.0", "warn: h3 3.0.0 (node_modules/h3) is none that the helpers are made for"],
    ["0.8.6", "warn: h3 0.8.6 (node_modules/h3) is none that the helpers are made for"],
    ["latest", "warn: h3 latest (node_modules/h3) is none that the helpers are made for"],
  ])("%s", async (version, line) => {
    install("node_modules/h3", "h3", version);
    expect(await look()).toEqual([line]);
  });
});

describe("where h3 is found", () => {
  it("nowhere", async () => {
    expect(await look()).toEqual(["ok: There is no h3 in node_modules, or it is bundled"]);
  });

  it("at the top, nested, in a scope, and under an alias, the lowest version first", async () => {
    install("node_modules/h3", "h3", "2.0.8");
    install("node_modules/nitropack/node_modules/h3", "h3", "1.15.11");
    install("node_modules/@nuxt/kit/node_modules/@deep/er/node_modules/h3", "h3", "1.15.4");
    install("node_modules/h3-next", "h3", "2.0.9");
    install("node_modules/@scope/h3", "@scope/h3", "9.9.9");
    install("node_modules/h3-compression", "h3-compression", "1.0.0");
    expect(await paths()).toEqual([
      "node_modules/@nuxt/kit/node_modules/@deep/er/node_modules/h3",
      "node_modules/nitropack/node_modules/h3",
      "node_modules/h3",
      "node_modules/h3-next",
    ]);
  });

  it("above the app, as in a workspace", async () => {
    install("node_modules/h3", "h3", "1.15.11");
    install("apps/web/node_modules/h3", "h3", "2.0.8");
    expect(await paths("apps/web")).toEqual(["../../node_modules/h3", "node_modules/h3"]);
  });

  it("in pnpm's store, once, whichever links lead to it", async () => {
    install("node_modules/.pnpm/h3@2.0.8/node_modules/h3", "h3", "2.0.8");
    install("node_modules/.pnpm/nitropack@2.13.6/node_modules/nitropack", "nitropack", "2.13.6");
    install("node_modules/.pnpm/h3@1.15.11/node_modules/h3", "h3", "1.15.11");
    const store = join(root, "node_modules/.pnpm");
    symlinkSync(join(store, "h3@2.0.8/node_modules/h3"), join(root, "node_modules/h3"), "junction");
    symlinkSync(join(store, "h3@1.15.11/node_modules/h3"), join(store, "nitropack@2.13.6/node_modules/h3"), "junction");
    symlinkSync(
      join(store, "nitropack@2.13.6/node_modules/nitropack"),
      join(root, "node_modules/nitropack"),
      "junction",
    );
    const found = (await paths()).toSorted();
    expect(found).toEqual([
      "node_modules/.pnpm/h3@1.15.11/node_modules/h3",
      "node_modules/.pnpm/h3@2.0.8/node_modules/h3",
    ]);
  });

  it("past links that go around and folders that are no packages", async () => {
    install("node_modules/a", "a", "1.0.0");
    mkdirSync(join(root, "node_modules/a/node_modules"));
    // As pnpm links packages that need each other. Followed again and again, the ways through them have no end.
    for (const name of ["b", "c"]) {
      symlinkSync(join(root, "node_modules/a"), join(root, "node_modules/a/node_modules", name), "junction");
    }
    mkdirSync(join(root, "node_modules/h3-empty"));
    mkdirSync(join(root, "node_modules/h3-broken"));
    writeFileSync(join(root, "node_modules/h3-broken/package.json"), "{");
    writeFileSync(join(root, "node_modules/h3-file"), "");
    symlinkSync(join(root, "none"), join(root, "node_modules/h3-nowhere"), "junction");
    install("node_modules/h3", "h3", "2.0.8");
    expect(await paths()).toEqual(["node_modules/h3"]);
  });

  it("a name or a version that steers a terminal is spelled out", async () => {
    install("node_modules/h3", "h3", "2.0.8\u001b[31m");
    expect((await look())[0]).toContain("is none that the helpers are made for");
    const { json } = await cliJson<Report>(["doctor", "--cwd", root]);
    expect(JSON.stringify(json)).toContain(String.raw`2.0.8\u001b[31m`);
  });

  it("a version of several lines makes no finding of its own", async () => {
    install("node_modules/h3", "h3", "2.0.8\nok     keys      IRONKEEP_KEYS is strong");
    const { stdout } = await cli(["doctor", "--cwd", root]);
    expect(stdout).not.toMatch(/^ok +keys +IRONKEEP_KEYS is strong/m);
    expect(stdout).toContain("IRONKEEP_KEYS is strong");
  });
});
