import { copyFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";

import { createKeyring } from "ironkeep";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { builtBinary } from "../_pack.ts";
import { installWithoutBinary, manifest, ROOT } from "../package/_package.ts";
import { cli, cliJson, type CliOptions } from "./_cli.ts";
import { OTHER, PASSWORD, sealed, TYPED } from "./_samples.ts";

interface Finding {
  readonly check: string;
  readonly level: "ok" | "warn" | "error";
  readonly message: string;
  readonly advice?: string;
}

interface Report {
  readonly version: string;
  readonly ok: boolean;
  readonly counts: Readonly<Record<Finding["level"], number>>;
  readonly findings: readonly Finding[];
}

/** What is found of one kind, as `level: message`, and the exit code. */
async function examine(check: string, options?: CliOptions): Promise<{ code: number | null; found: string[] }> {
  const { code, json } = await cliJson<Report>(["doctor"], options);
  const found = json.findings.filter((finding) => finding.check === check);
  return { code, found: found.map(({ level, message }) => `${level}: ${message}`) };
}

const keys = async (env: Readonly<Record<string, string>>) => examine("keys", { env });
const ring = (...entries: object[]) => ({ IRONKEEP_KEYS: JSON.stringify(entries) });
const bytes = (length: number) => ({
  bytes: Buffer.from(Array.from({ length }, (_, i) => (i * 37) & 255)).toString("base64url"),
});

describe.concurrent("ironkeep doctor", () => {
  it("has a stable shape", async () => {
    const { code, json, stderr } = await cliJson<Report>(["doctor"], { env: { SESSION_PASSWORD: PASSWORD } });
    const count = (level: string) => json.findings.filter((finding) => finding.level === level).length;
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(json).toEqual({
      version: manifest.version,
      ok: true,
      counts: { ok: count("ok"), warn: count("warn"), error: 0 },
      findings: expect.any(Array),
    });
    expect(new Set(json.findings.map(({ check }) => check))).toEqual(
      new Set(["node", "addon", "platform", "keys", "h3"]),
    );
    // Whatever is wrong comes with what to do.
    expect(json.findings.filter(({ level, advice }) => level !== "ok" && !advice)).toEqual([]);
  });

  it("says it in words, with the sum", async () => {
    const { code, stdout } = await cli(["doctor"], { env: { SESSION_PASSWORD: "short" } });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^ok +node +Node \d+\.\d+\.\d+ is supported$/m);
    expect(stdout).toMatch(
      /^error +keys +SESSION_PASSWORD has under 32 characters, which is refused\n +Make one with: /m,
    );
    expect(stdout).toMatch(/\n1 error(, \d warnings?)?\n$/);
    // oxlint-disable-next-line no-control-regex -- colours are what is looked for
    expect(stdout).not.toMatch(/\u001b/);
  });

  it("finds a good password, a typed one, a short one, none, and two", async () => {
    expect(await keys({ NUXT_SESSION_PASSWORD: PASSWORD })).toEqual({
      code: 0,
      found: ["ok: NUXT_SESSION_PASSWORD is strong"],
    });
    expect(await keys({ SESSION_PASSWORD: TYPED })).toEqual({
      code: 0,
      found: ["warn: SESSION_PASSWORD looks typed, so that it can be guessed"],
    });
    expect(await keys({ SESSION_PASSWORD: PASSWORD.slice(0, 31) })).toEqual({
      code: 1,
      found: ["error: SESSION_PASSWORD has under 32 characters, which is refused"],
    });
    expect(await keys({})).toEqual({
      code: 0,
      found: ["warn: There is no key in IRONKEEP_KEYS, NUXT_SESSION_PASSWORD or SESSION_PASSWORD"],
    });
    expect(await keys({ NUXT_SESSION_PASSWORD: PASSWORD, SESSION_PASSWORD: OTHER })).toEqual({
      code: 0,
      found: [
        "ok: NUXT_SESSION_PASSWORD is strong",
        "warn: SESSION_PASSWORD is another password than NUXT_SESSION_PASSWORD, which is the one that is used",
      ],
    });
  });

  it("finds which key of a ring seals, now and next", async () => {
    const sealFrom = "2100-01-01T00:00:00Z";
    expect(await keys(ring({ id: "k2", secret: PASSWORD, sealFrom }, { id: "k1", secret: OTHER }))).toEqual({
      code: 0,
      found: [
        "ok: The keys of IRONKEEP_KEYS are strong: k2, k1",
        "ok: k1 of IRONKEEP_KEYS seals, and k2 from 2100-01-01T00:00:00.000Z",
      ],
    });
    expect(await keys(ring({ id: "k2", secret: PASSWORD, sealFrom: Number.MAX_SAFE_INTEGER }))).toEqual({
      code: 1,
      found: ["ok: The keys of IRONKEEP_KEYS are strong: k2", "error: No key of IRONKEEP_KEYS seals yet"],
    });
  });

  it("picks the key that seals as the engine does: the latest that has started, of equal ones the first", async () => {
    const third = { id: "k3", secret: `${PASSWORD}3` };
    const seals = async (...entries: object[]) => (await keys(ring(...entries))).found.at(-1);
    const [a, b] = [
      { id: "k2", secret: PASSWORD },
      { id: "k1", secret: OTHER },
    ];
    expect(await seals({ ...a, sealFrom: 5 }, { ...b, sealFrom: 7 }, third)).toBe("ok: k1 of IRONKEEP_KEYS seals");
    expect(await seals({ ...a, sealFrom: 7 }, { ...b, sealFrom: 7 }, third)).toBe("ok: k2 of IRONKEEP_KEYS seals");
    const engine = createKeyring([{ ...a, sealFrom: 5 }, { ...b, sealFrom: 7 }, third]);
    expect(engine.keys().find(({ isSealing }) => isSealing)?.id).toBe("k1");
  });

  it("finds the weak keys of a ring by their ids", async () => {
    const weak = [
      { id: "a", secret: TYPED },
      { id: "b", secret: PASSWORD.slice(0, 31) },
      { id: "c", secret: bytes(31) },
      { id: "d", secret: PASSWORD },
    ];
    expect(await keys(ring(...weak))).toEqual({
      code: 1,
      found: [
        "error: The key a of IRONKEEP_KEYS is too short or guessable, which is refused",
        "error: The key b of IRONKEEP_KEYS is too short or guessable, which is refused",
        "error: The key c of IRONKEEP_KEYS is too short or guessable, which is refused",
        "ok: a of IRONKEEP_KEYS seals",
      ],
    });
    expect((await keys(ring({ id: "e", secret: bytes(33) }))).found[0]).toBe(
      "warn: The key e of IRONKEEP_KEYS has 33 bytes, which serve ik1 alone",
    );
    expect((await keys(ring({ id: "f", secret: bytes(32) }))).code).toBe(0);
  });
});

describe("without the addon", () => {
  let folder: string;
  let bin: string;

  beforeAll(() => {
    folder = installWithoutBinary();
    bin = join(folder, "dist/cli/index.js");
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("the doctor says what is missing and how to get it", async () => {
    const { code, found } = await examine("addon", { bin });
    expect(code).toBe(1);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(/^error: Ironkeep's native binary for \S+ is missing\. .*npm install ironkeep-\S+@\d/);
    expect((await examine("platform", { bin })).found).toEqual(["error: No platform package is installed"]);
  });

  it("the strength of a ring is not judged, and its form is", async () => {
    expect((await examine("keys", { bin, env: { IRONKEEP_KEYS: `k1:${TYPED}` } })).found).toEqual([
      "warn: Whether IRONKEEP_KEYS is strong is not judged: the addon does that",
      "ok: k1 of IRONKEEP_KEYS seals",
    ]);
    expect((await examine("keys", { bin, env: { IRONKEEP_KEYS: TYPED } })).code).toBe(1);
  });

  it("the strength of a password is not judged, and its length is", async () => {
    expect((await examine("keys", { bin, env: { SESSION_PASSWORD: PASSWORD } })).found).toEqual([
      "warn: Whether SESSION_PASSWORD is strong is not judged: the addon does that",
    ]);
    expect((await examine("keys", { bin, env: { SESSION_PASSWORD: "short" } })).found).toEqual([
      "error: SESSION_PASSWORD has under 32 characters, which is refused",
    ]);
  });

  it("a token is described, and not opened", async () => {
    expect((await cli(["inspect", sealed()], { bin })).code).toBe(0);
    const { code, stderr } = await cli(["inspect", sealed(), "--open"], { bin, env: { SESSION_PASSWORD: PASSWORD } });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^ironkeep: ERR_NATIVE_MISSING: /);
  });

  it("no key is made, and it is said what makes one", async () => {
    for (const args of [
      ["keys", "generate"],
      ["keys", "rotate"],
    ]) {
      const { code, stdout, stderr } = await cli(args, { bin, env: { IRONKEEP_KEYS: `k1:${PASSWORD}` } });
      expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
      expect(stderr).toMatch(/^ironkeep: ERR_NATIVE_MISSING: .*node -p "require\('crypto'\)\.randomBytes\(32\)/);
    }
  });

  it("help and version are there", async () => {
    expect((await cli(["--help"], { bin })).code).toBe(0);
    expect((await cli(["--version"], { bin })).stdout).toBe(`${manifest.version}\n`);
  });
});

describe("with platform packages", () => {
  let folder: string;
  let bin: string;

  const install = (name: string, version: string) => {
    mkdirSync(join(folder, "node_modules", name), { recursive: true });
    writeFileSync(join(folder, "node_modules", name, "package.json"), JSON.stringify({ name, version }));
  };

  const publish = (version: string) => {
    const optionalDependencies = { "ironkeep-a": version, "ironkeep-b": version };
    writeFileSync(join(folder, "package.json"), JSON.stringify({ ...manifest, version, optionalDependencies }));
  };

  beforeAll(() => {
    folder = installWithoutBinary();
    bin = join(folder, "dist/cli/index.js");
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("of another platform alone: an error that names them", async () => {
    publish(manifest.version);
    install("ironkeep-b", manifest.version);
    expect(await examine("platform", { bin })).toEqual({
      code: 1,
      found: [`error: Installed, and not what this platform needs: ironkeep-b@${manifest.version}`],
    });
  });

  it("and an addon that loads: fine, and of another version: an error each", async () => {
    copyFileSync(builtBinary(), join(folder, basename(builtBinary())));
    expect(await examine("platform", { bin })).toEqual({
      code: 0,
      found: [`ok: Installed: ironkeep-b@${manifest.version}`],
    });
    install("ironkeep-a", "0.0.1");
    expect(await examine("platform", { bin })).toEqual({
      code: 1,
      found: [`error: Of another version than ironkeep ${manifest.version}: ironkeep-a`],
    });
    publish("99.0.0");
    expect(await examine("addon", { bin })).toEqual({
      code: 1,
      found: [`error: The native addon is of version ${manifest.version}, and the package of 99.0.0`],
    });
  });

  it("a Node that is not supported is an error", async () => {
    for (const [node, level] of [
      [">=99.0.0", "error"],
      ["^20.19.0 || >=22.12.0", "ok"],
      ["^99.0.0 || >=98.7.6", "error"],
      [`^${process.versions.node}`, "ok"],
    ]) {
      writeFileSync(join(folder, "package.json"), JSON.stringify({ ...manifest, engines: { node } }));
      expect((await examine("node", { bin })).found).toEqual([
        `${level}: Node ${process.versions.node} is ${level === "ok" ? "" : "not "}supported`,
      ]);
    }
  });

  it("the repository's own engines are read", () => {
    expect(manifest).toMatchObject({
      engines: { node: expect.stringMatching(/^\^\d+\.\d+\.\d+ \|\| >=\d+\.\d+\.\d+$/) },
    });
    expect(ROOT).not.toBe(folder);
  });
});
