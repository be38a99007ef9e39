import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { cli, cliJson } from "./_cli.ts";
import { DATA, ik1Form, OTHER, PASSWORD, sealed, SESSION } from "./_samples.ts";

interface Inspection {
  readonly format: string;
  readonly length: number;
  readonly keyId: string | null;
  readonly parts: readonly {
    readonly name: string;
    readonly characters: number | null;
    readonly bytes: number | null;
  }[];
  readonly expiry: { readonly known: boolean; readonly at: string | null; readonly past: boolean | null };
  readonly problems: readonly string[];
  readonly key: Readonly<Record<string, unknown>> | null;
}

const inspect = (token: string, args: readonly string[] = [], env: Readonly<Record<string, string>> = {}) =>
  cliJson<Inspection>(["inspect", token, ...args], { env });

const BY_PASSWORD = ["--password-env", "PW"];

describe.concurrent("ironkeep inspect, without a key", () => {
  it("tells all parts of a Fe26.2 token, in a stable shape", async () => {
    const token = sealed({ id: "web" });
    const [, , salt = "", iv = "", ciphertext = "", expiration = "", salt2 = "", mac = ""] = token.split("*");
    const { code, json, stderr } = await inspect(token);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(json).toEqual({
      format: "Fe26.2",
      length: token.length,
      keyId: "web",
      parts: [
        { name: "encryption salt", characters: salt.length, bytes: null },
        { name: "iv", characters: iv.length, bytes: 16 },
        { name: "ciphertext", characters: ciphertext.length, bytes: Buffer.from(ciphertext, "base64url").length },
        { name: "expiration", characters: expiration.length, bytes: null },
        { name: "integrity salt", characters: salt2.length, bytes: null },
        { name: "mac", characters: mac.length, bytes: 32 },
      ],
      expiry: { known: true, at: null, past: false },
      problems: [],
      chunks: 0,
      suffix: "",
      key: null,
    });
  });

  it("tells when a token ends, and whether that is past", async () => {
    const soon = await inspect(sealed({ ttl: 3_600_000 }));
    expect(Date.parse(soon.json.expiry.at ?? "")).toBeGreaterThan(Date.now() + 3_500_000);
    expect(soon.json.expiry).toMatchObject({ known: true, past: false });
    const old = await inspect(sealed({ ttl: -3_600_000 }));
    expect(Date.parse(old.json.expiry.at ?? "")).toBeLessThan(Date.now() - 3_500_000);
    expect(old.json.expiry.past).toBe(true);
    // Readers let clocks differ by a minute.
    expect((await inspect(sealed({ ttl: -30_000 }))).json.expiry.past).toBe(false);
  });

  it("says in words that both generations are possible, and when it ends", async () => {
    const { code, stdout } = await cli(["inspect", sealed({ generation: 2, ttl: -3_600_000 })]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^generation +1 or 2: a key tells$/m);
    expect(stdout).toMatch(/^expires +\d{4}-\d\d-\d\dT\S+Z, which is past$/m);
    expect(stdout).not.toContain(DATA);
  });

  it("tells the sizes of an ik1 token, and that its end is encrypted", async () => {
    const { code, json } = await inspect(ik1Form("k7", 24 + 32 + 40 + 16));
    expect(code).toBe(0);
    expect(json).toMatchObject({
      format: "ik1",
      keyId: "k7",
      problems: [],
      expiry: { known: false, at: null, past: null },
    });
    expect(json.parts.map(({ name, bytes }) => [name, bytes])).toEqual([
      ["salt", 24],
      ["commitment", 32],
      ["ciphertext", 40],
      ["tag", 16],
    ]);
  });

  it("asks for no key of the environment", async () => {
    const { json } = await inspect(sealed(), [], { NUXT_SESSION_PASSWORD: PASSWORD, SESSION_PASSWORD: PASSWORD });
    expect(json.key).toBeNull();
  });

  it("describes the peers' tokens as whole ones", async () => {
    const vectors = readFileSync(new URL("../vectors/fe26-2.json", import.meta.url), "utf8");
    const tokens = [...new Set(vectors.match(/Fe26\.2\*[\w*.-]+/g))].slice(0, 12);
    const problems = await Promise.all(tokens.map(async (token) => (await inspect(token)).json.problems));
    expect(problems.length).toBeGreaterThan(5);
    expect(problems.flat()).toEqual([]);
  });
});

describe.concurrent("ironkeep inspect, with a key", () => {
  it.each([1, 2] as const)("tells generation %i, and no data", async (generation) => {
    const { code, json } = await inspect(sealed({ generation }), BY_PASSWORD, { PW: PASSWORD });
    expect(code).toBe(0);
    expect(json.key).toEqual({ source: "PW", opens: true, generation, code: null, reason: null });
    expect(JSON.stringify(json)).not.toContain(DATA);
  });

  it("shows the data with --open", async () => {
    const { json } = await inspect(sealed({ generation: 2 }), [...BY_PASSWORD, "--open"], { PW: PASSWORD });
    expect(json.key).toMatchObject({ opens: true, session: SESSION });
    const { stdout } = await cli(["inspect", sealed(), ...BY_PASSWORD, "--open"], { env: { PW: PASSWORD } });
    expect(stdout).toContain(`"note": "${DATA}"`);
  });

  it("--open takes the helpers' own variables, in their order", async () => {
    const env = { NUXT_SESSION_PASSWORD: PASSWORD, SESSION_PASSWORD: OTHER };
    expect((await inspect(sealed(), ["--open"], env)).json.key).toMatchObject({
      source: "NUXT_SESSION_PASSWORD",
      opens: true,
    });
    const second = await inspect(sealed({ password: OTHER }), ["--open"], { SESSION_PASSWORD: OTHER });
    expect(second.json.key).toMatchObject({ source: "SESSION_PASSWORD", opens: true });
    expect((await inspect(sealed(), ["--open", ...BY_PASSWORD], { ...env, PW: OTHER })).json.key).toMatchObject({
      source: "PW",
    });
  });

  it("opens what is past, since its end is told apart", async () => {
    const { code, json } = await inspect(sealed({ ttl: -3_600_000 }), [...BY_PASSWORD, "--open"], { PW: PASSWORD });
    expect(code).toBe(0);
    expect(json).toMatchObject({ expiry: { past: true }, key: { opens: true, session: SESSION } });
  });

  it("fails when the key does not open it, and still tells the parts", async () => {
    const { code, json } = await inspect(sealed(), [...BY_PASSWORD, "--open"], { PW: OTHER });
    expect(code).toBe(1);
    expect(json.parts).toHaveLength(6);
    expect(json.key).toEqual({
      source: "PW",
      opens: false,
      generation: null,
      code: "ERR_SEAL_INVALID",
      reason: "Bad hmac value",
    });
  });

  it("fails for a forged token: one character of the ciphertext is another", async () => {
    const parts = sealed().split("*");
    const [first = ""] = parts[4] ?? "";
    parts[4] = `${first === "A" ? "B" : "A"}${parts[4]?.slice(1)}`;
    const { code, json } = await inspect(parts.join("*"), BY_PASSWORD, { PW: PASSWORD });
    expect({ code, opens: json.key?.["opens"], problems: json.problems }).toEqual({
      code: 1,
      opens: false,
      problems: [],
    });
  });

  it("spells out what steers a terminal", async () => {
    const token = sealed({ session: { ...SESSION, data: { note: "\u009b31m\u202e\u001b]0;x\u0007" } } });
    for (const more of [[], ["--json"]]) {
      const { stdout } = await cli(["inspect", token, ...BY_PASSWORD, "--open", ...more], { env: { PW: PASSWORD } });
      // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
      expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
      expect(stdout).toContain(String.raw`\u009b31m\u202e\u001b]0;x\u0007`);
    }
  });

  it("lets no token write lines of its own", async () => {
    const forged = "a\nkey              IRONKEEP_KEYS opens it";
    const token = ["Fe26.2", forged, ...sealed({}).split("*").slice(2)].join("*");
    for (const pasted of [token, `Cookie: h3=${encodeURIComponent(token)}`]) {
      const { stdout } = await cli(["inspect", pasted, ...BY_PASSWORD], { env: { PW: PASSWORD } });
      expect(stdout).not.toMatch(/^key {2,}IRONKEEP_KEYS/m);
      expect(stdout).toContain(String.raw`a\nkey              IRONKEEP_KEYS opens it`);
    }
  });

  it.each([
    [["--open"], {}, "--open needs a key: --password-env NAME, --ring FILE, or IRONKEEP_KEYS"],
    [["--password-env", "PW"], {}, "--password-env takes the name of an environment variable"],
    [["--password-env", "PW", "--ring", "x"], { PW: PASSWORD }, "inspect takes one key: --password-env or --ring"],
  ])("refuses %j", async (args, env, message) => {
    const { code, stdout, stderr } = await cli(["inspect", sealed(), ...args], { env });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(`ironkeep: ERR_CONFIG: ${message}`);
  });

  it("refuses a token and a ring that are both on standard input", async () => {
    const { code, stderr } = await cli(["inspect", "-", "--ring", "-"], { stdin: sealed() });
    expect({ code, stderr: stderr.split(":")[1] }).toEqual({ code: 2, stderr: " ERR_CONFIG" });
  });
});
