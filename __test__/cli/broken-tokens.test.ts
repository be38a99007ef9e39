import { describe, expect, it } from "vitest";

import { cli, cliJson } from "./_cli.ts";
import { DATA, ik1Form, PASSWORD, sealed } from "./_samples.ts";

const PARTS = sealed({ ttl: 3_600_000 }).split("*");
const withPart = (index: number, text: string) => PARTS.with(index, text).join("*");

/** Tokens that no writer writes, with the problem that is told. */
const BROKEN: readonly (readonly [string, string, string])[] = [
  ["seven parts", PARTS.slice(0, 7).join("*"), "it has 7 parts between asterisks, not 8"],
  ["nine parts", [...PARTS, "x"].join("*"), "it has 9 parts between asterisks, not 8"],
  ["two parts", PARTS.slice(0, 2).join("*"), "it has 2 parts between asterisks, not 8"],
  ["an odd id", withPart(1, "a-b"), "the key id has other characters"],
  ["a long salt", withPart(2, "a".repeat(257)), "the encryption salt has over 256 characters"],
  ["a short iv", withPart(3, "AAAA"), "the iv has 3 bytes, not 16"],
  ["an iv that is not canonical", withPart(3, `${"A".repeat(21)}B`), "the iv is not canonical base64url"],
  ["plain base64", withPart(4, "ab+/"), "the ciphertext is not canonical base64url"],
  ["no ciphertext", withPart(4, ""), "the ciphertext is not canonical base64url"],
  ["a cut mac", withPart(7, (PARTS[7] ?? "").slice(0, 40)), "the mac has 30 bytes, not 32"],
  ["an expiration with a zero", withPart(5, "0123"), "the expiration is no positive whole number"],
  ["an expiration in words", withPart(5, "tomorrow"), "the expiration is no positive whole number"],
  ["ik1 with two parts", "ik1.k1", "it is not three parts between dots"],
  ["ik1 with four parts", `${ik1Form("k1", 100)}.x`, "it is not three parts between dots"],
  ["ik1 without an id", ik1Form("", 100), "the key id is not 1 to 16"],
  ["ik1 with default", ik1Form("default", 100), "the key id is not 1 to 16"],
  ["ik1 with plain base64", "ik1.k1.ab+/", "the last part is not canonical base64url"],
  ["ik1 that is too short", ik1Form("k1", 88), "the last part has under 89 bytes"],
];

describe.concurrent("a broken token", () => {
  it.each(BROKEN)("%s", async (_what, token, problem) => {
    const { code, json } = await cliJson<{ problems: string[] }>(["inspect", token]);
    expect(code).toBe(1);
    expect(json.problems.join()).toContain(problem);
    const { stdout } = await cli(["inspect", token]);
    expect(stdout).toMatch(/^broken +\S/m);
  });

  it("an ik1 token of the least size is whole", async () => {
    const { code, json } = await cliJson<{ problems: string[] }>(["inspect", ik1Form("k1", 89)]);
    expect({ code, problems: json.problems }).toEqual({ code: 0, problems: [] });
  });

  it("an expiration beyond all dates is none that passes", async () => {
    const { code, json } = await cliJson<{ expiry: object }>(["inspect", withPart(5, "9".repeat(400))]);
    expect({ code, expiry: json.expiry }).toEqual({ code: 0, expiry: { known: true, at: null, past: false } });
  });

  it.each([
    ["", "nothing"],
    [" ", "a blank"],
    [DATA, "something else"],
    [`${PASSWORD}=`, "what looks like a cookie"],
    [`h3=${DATA}`, "a cookie that holds no token"],
    ["Fe26.1*a*b*c*d*e*f*g", "an older iron"],
    ["eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl", "a JWT"],
  ])("%j: %s", async (text) => {
    const { code, stdout, stderr } = await cli(["inspect", "-"], { stdin: text });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/^ironkeep: ERR_SEAL_INVALID: [^\n]+\n$/);
    expect(stderr).not.toContain(DATA);
    expect(stderr).not.toContain(PASSWORD);
  });

  it("errors are JSON with --json", async () => {
    const { code, stdout, stderr } = await cli(["inspect", DATA, "--json"]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(JSON.parse(stderr)).toEqual({ error: { code: "ERR_SEAL_INVALID", message: expect.any(String) } });
  });
});
