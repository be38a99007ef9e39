import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { spellingsOf, spellingsOfToken } from "../hostile/canary/spellings.mjs";
import { cli, type CliOptions } from "./_cli.ts";
import { DATA, OTHER, PASSWORD, sealed, TYPED } from "./_samples.ts";

const TOKEN = sealed();
const RING = `k2:${PASSWORD},k1:${OTHER}`;
const SECRETS = { password: PASSWORD, other: OTHER, typed: TYPED, data: DATA };
const SPELLINGS = [
  ...Object.entries(SECRETS).flatMap(([name, secret]) => spellingsOf(name, secret)),
  ...spellingsOfToken(TOKEN),
];

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "ironkeep-cli-"));
  writeFileSync(join(folder, "ring"), RING);
  writeFileSync(join(folder, "typed"), `k1:${TYPED}`);
  writeFileSync(join(folder, "broken"), `[{"id":"${PASSWORD}","secret":"${OTHER}"`);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What was shown of the planted secrets. */
async function shown(args: readonly string[], options?: CliOptions): Promise<{ code: number | null; found: string[] }> {
  const { code, stdout, stderr } = await cli(args, options);
  const output = `${stdout}\n${stderr}`;
  const found = SPELLINGS.filter(({ text }) => output.includes(text)).map(
    ({ name, spelling }) => `${name}, ${spelling}`,
  );
  return { code, found };
}

const DEBUG = { NODE_DEBUG: "ironkeep" };
const ENVIRONMENTS: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
  ["a ring", { IRONKEEP_KEYS: RING }],
  ["a typed key", { IRONKEEP_KEYS: `k1:${TYPED}` }],
  ["a short key", { IRONKEEP_KEYS: `k1:${PASSWORD.slice(0, 20)}` }],
  ["a ring without ids", { IRONKEEP_KEYS: PASSWORD }],
  ["broken JSON", { IRONKEEP_KEYS: `[{"id":"${PASSWORD}"` }],
  ["a password", { SESSION_PASSWORD: PASSWORD }],
  ["a typed password", { NUXT_SESSION_PASSWORD: TYPED }],
  ["two passwords", { NUXT_SESSION_PASSWORD: PASSWORD, SESSION_PASSWORD: OTHER }],
  ["a short password", { NUXT_SESSION_PASSWORD: PASSWORD.slice(0, 20) }],
];

describe.concurrent("no secret is shown", () => {
  it.each(ENVIRONMENTS)("by the doctor: %s", async (_what, env) => {
    expect((await shown(["doctor"], { env: { ...DEBUG, ...env } })).found).toEqual([]);
    expect((await shown(["doctor", "--json"], { env: { ...DEBUG, ...env } })).found).toEqual([]);
  });

  it.each([
    ["without a key", []],
    ["with its key", ["--password-env", "PW"]],
    ["with another key", ["--password-env", "OTHER"]],
    ["with a short key", ["--password-env", "SHORT"]],
    ["with another key, to be opened", ["--password-env", "OTHER", "--open"]],
    ["with a ring", ["--ring", "ring"]],
    ["with a typed ring", ["--ring", "typed"]],
    ["with a broken ring", ["--ring", "broken", "--open"]],
    ["with a ring as the name of a file", ["--ring", RING]],
    ["with a missing variable", ["--password-env", PASSWORD]],
    ["with a name that is not there", ["--name", "app"]],
    ["under another name", ["--name", PASSWORD]],
  ])("by inspect, %s", async (_what, args) => {
    const env = { ...DEBUG, PW: PASSWORD, OTHER, SHORT: PASSWORD.slice(0, 20) };
    for (const [stdin, ...more] of [
      [TOKEN],
      [TOKEN, "--json"],
      [`h3=${TOKEN}; app=${DATA}`],
      [`h3=${TOKEN.slice(0, -5)}`, "--json"],
      [`${TOKEN}*${PASSWORD}`],
    ] as const) {
      const { found } = await shown(["inspect", "-", ...args, ...more], { env, stdin, cwd: folder });
      expect(found).toEqual([]);
    }
  });

  it.each([
    ["a broken ring", ["--ring", "broken"]],
    ["a ring as the name of a file", ["--ring", RING]],
    ["a place that cannot be written", ["--ring", "ring", "--write", join("none", PASSWORD)]],
    ["a ring that is written", ["--ring", "ring", "--write", "written"]],
    ["an id that is taken", ["--ring", "ring", "--id", "k1"]],
    ["an id that is a secret", ["--ring", "ring", "--id", PASSWORD]],
  ])("by keys rotate with %s", async (_what, args) => {
    expect((await shown(["keys", "rotate", ...args], { env: DEBUG, cwd: folder })).found).toEqual([]);
    expect((await shown(["keys", "rotate", ...args, "--json"], { env: DEBUG, cwd: folder })).found).toEqual([]);
  });
});

describe("the search", () => {
  it("finds a secret where one is shown on purpose", async () => {
    const rotated = await shown(["keys", "rotate"], { env: { IRONKEEP_KEYS: RING } });
    expect(rotated.found).toEqual(expect.arrayContaining(["password, plain", "other, plain"]));
    const opened = await shown(["inspect", TOKEN, "--open"], { env: { SESSION_PASSWORD: PASSWORD } });
    expect(opened).toEqual({ code: 0, found: expect.arrayContaining(["data, plain"]) });
  });
});
