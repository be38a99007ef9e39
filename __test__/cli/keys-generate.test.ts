import { describe, expect, it } from "vitest";

import { cli, cliJson } from "./_cli.ts";

interface Key {
  readonly id: string;
  readonly secret: string;
}

const SHORT = /^k1:[\w-]{43}\n$/;

describe.concurrent("ironkeep keys generate", () => {
  it("prints one key, as IRONKEEP_KEYS takes it", async () => {
    const { code, stdout, stderr } = await cli(["keys", "generate"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(SHORT);
    expect(Buffer.from(stdout.trim().slice(3), "base64url")).toHaveLength(32);
  });

  it("prints another one each time", async () => {
    const outputs = await Promise.all([1, 2, 3].map(() => cli(["keys", "generate"])));
    expect(new Set(outputs.map(({ stdout }) => stdout)).size).toBe(3);
  });

  it("prints a ring as JSON, the newest first, with ids that count on", async () => {
    const { code, json } = await cliJson<Key[]>(["keys", "generate", "--count", "3", "--id", "web09"]);
    expect(code).toBe(0);
    expect(json.map(({ id }) => id)).toEqual(["web11", "web10", "web09"]);
    expect(new Set(json.map(({ secret }) => secret)).size).toBe(3);
    expect(json.every((key) => Object.keys(key).join() === "id,secret")).toBe(true);
  });

  it("makes keys that the doctor finds strong, in both forms", async () => {
    for (const more of [[], ["--json"]]) {
      const { stdout } = await cli(["keys", "generate", "--count=4", ...more]);
      const { json } = await cliJson<{ findings: { message: string }[] }>(["doctor"], {
        env: { IRONKEEP_KEYS: stdout },
      });
      const messages = json.findings.map(({ message }) => message);
      expect(messages).toContain("The keys of IRONKEEP_KEYS are strong: k4, k3, k2, k1");
      expect(messages).toContain("k4 of IRONKEEP_KEYS seals");
    }
  });

  it.each([
    [["--count", "0"], "--count takes a whole number from 1 to 64"],
    [["--count", "65"], "--count takes a whole number from 1 to 64"],
    [["--count", "1e1"], "--count takes a whole number from 1 to 64"],
    [["--count", "2.5"], "--count takes a whole number from 1 to 64"],
    [["--count="], "--count takes a whole number from 1 to 64"],
    [["--id", "default"], '--id takes 1 to 16 of A-Z, a-z, 0-9 and _, and not "default"'],
    [["--id", "a-b"], '--id takes 1 to 16 of A-Z, a-z, 0-9 and _, and not "default"'],
    [["--id", "a".repeat(17)], '--id takes 1 to 16 of A-Z, a-z, 0-9 and _, and not "default"'],
    [["--id="], '--id takes 1 to 16 of A-Z, a-z, 0-9 and _, and not "default"'],
  ])("refuses %j", async (args, message) => {
    const result = await cli(["keys", "generate", ...args]);
    expect(result).toEqual({ code: 2, stdout: "", stderr: `ironkeep: ERR_CONFIG: ${message}\n` });
  });

  it("refuses ids that cannot count on", async () => {
    const { code, stdout, stderr } = await cli(["keys", "generate", "--count", "2", "--id", "9999999999999999"]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain("The ids cannot go on within 16 characters");
  });
});
