import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { cli } from "./_cli.ts";
import { OTHER, PASSWORD } from "./_samples.ts";

const json = (...keys: unknown[]) => JSON.stringify(keys);
const encoded = Buffer.from(PASSWORD).toString("base64url");
const key = (more: object) => ({ id: "k1", secret: PASSWORD, ...more });

/** Rings that are none, with what is said of each. A planted secret stands where it could be repeated. */
const BROKEN: readonly (readonly [string, string, string])[] = [
  ["a secret alone", PASSWORD, "In IRONKEEP_KEYS: Key 1 of the key ring has to be { id, secret }"],
  ["a secret before the id", `${PASSWORD}:k1`, "In IRONKEEP_KEYS: Key 1 of the key ring needs an id of 1 to 16"],
  ["a comma too many", `k1:${PASSWORD},`, "Key 2 of the key ring has to be { id, secret }"],
  ["cut JSON", json(key({})).slice(0, -3), "begins as JSON and is none"],
  ["a comma in a secret", `k1:${PASSWORD},${OTHER}`, "Key 2 of the key ring has to be { id, secret }"],
  ["default as an id", `default:${PASSWORD}`, "needs an id of 1 to 16"],
  ["no id", `:${PASSWORD}`, "needs an id of 1 to 16"],
  ["one id twice", `k1:${PASSWORD},k1:${OTHER}`, "have the same id"],
  ["one secret twice", `k1:${PASSWORD},k2:${PASSWORD}`, "have the same secret"],
  ["a secret as text and as bytes", json(key({}), { id: "k2", secret: { bytes: encoded } }), "have the same secret"],
  ["an empty list", "[]", "The key ring has no keys"],
  ["65 keys", Array.from({ length: 65 }, (_, index) => `k${index}:${PASSWORD}${index}`).join(","), "has over 64 keys"],
  ["an object", JSON.stringify(key({})), "needs an id of 1 to 16"],
  ["a list in a list", json([key({})]), "Key 1 of the key ring needs an id"],
  ["null", json(null), "has to be { id, secret }"],
  ["text", json(PASSWORD), "has to be { id, secret }"],
  ["a number as an id", json(key({ id: 1 })), "needs an id"],
  ["an id with other characters", json(key({ id: `k-${PASSWORD}` })), "needs an id of 1 to 16"],
  ["an id of another script", json(key({ id: "\u0431" })), "needs an id of 1 to 16"],
  ["no secret in JSON", json({ id: "k1" }), "needs a secret"],
  ["a secret as a list", json(key({ secret: [PASSWORD] })), "needs a secret"],
  ["bytes that are no base64url", json(key({ secret: { bytes: `${PASSWORD}+/=` } })), "needs a secret"],
  ["bytes that are not canonical", json(key({ secret: { bytes: `${"A".repeat(42)}B` } })), "needs a secret"],
  ["a field that does not exist", json(key({ [PASSWORD]: 1 })), "has a field that does not exist"],
  ["sealFrom as no date", json(key({ sealFrom: PASSWORD })), "sealFrom of key 1"],
  ["sealFrom past all numbers", `[{"id":"k1","secret":"${PASSWORD}","sealFrom":1e999}]`, "sealFrom of key 1"],
];

describe.concurrent("a broken ring", () => {
  it.each(BROKEN)("%s", async (_what, ring, message) => {
    const { code, stdout, stderr } = await cli(["keys", "rotate"], { env: { IRONKEEP_KEYS: ring } });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/^ironkeep: ERR_CONFIG: [^\n]*\n$/);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain(PASSWORD.slice(0, 12));
  });

  it.each(BROKEN.slice(0, 4))("%s: the doctor's finding", async (_what, ring, message) => {
    const { code, stdout, stderr } = await cli(["doctor", "--json"], { env: { IRONKEEP_KEYS: ring } });
    const { findings } = JSON.parse(stdout) as { findings: { level: string; check: string; message: string }[] };
    const found = findings.filter(({ check, level }) => check === "keys" && level === "error");
    expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
    expect(found.map((finding) => finding.message).join()).toContain(message);
    expect(stdout).not.toContain(PASSWORD.slice(0, 12));
  });
});

describe("a file that cannot be read", () => {
  const FILES: readonly (readonly [string, Buffer | "none" | "folder", string])[] = [
    ["is not there", "none", "Cannot read the file of --ring (ENOENT)"],
    ["is a folder", "folder", "Cannot read the file of --ring (E"],
    ["is too long", Buffer.alloc(1024 * 1024 + 1, "a"), "There is over 1 MB in the file of --ring"],
    ["is not UTF-8", Buffer.of(0x6b, 0x31, 0x3a, 0xff), "What is in the file of --ring is not UTF-8 text"],
  ];

  it.each(FILES)("%s", async (_what, content, message) => {
    const folder = mkdtempSync(join(tmpdir(), "ironkeep-cli-"));
    try {
      const file = content === "folder" ? folder : join(folder, PASSWORD);
      if (typeof content !== "string") writeFileSync(file, content);
      const { code, stdout, stderr } = await cli(["keys", "rotate", "--ring", file]);
      expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
      expect(stderr).toContain(`ironkeep: ERR_CONFIG: ${message}`);
      expect(stderr).not.toContain(PASSWORD);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("standard input has the same limits", async () => {
    const long = await cli(["keys", "rotate", "--ring", "-"], { stdin: "a".repeat(2 * 1024 * 1024) });
    expect(long.stderr).toContain("There is over 1 MB in standard input");
    const binary = await cli(["keys", "rotate", "--ring", "-"], { stdin: Uint8Array.of(0xc3, 0x28) });
    expect(binary.stderr).toContain("What is in standard input is not UTF-8 text");
    expect([long.code, binary.code]).toEqual([1, 1]);
  });
});
