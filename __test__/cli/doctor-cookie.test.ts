import { describe, expect, it } from "vitest";

import { cli, cliJson } from "./_cli.ts";
import { PASSWORD } from "./_samples.ts";

interface Report {
  readonly findings: readonly { readonly check: string; readonly level: string; readonly message: string }[];
}

/** What is said of a cookie's settings, as `level: message`, and the exit code. */
async function judge(settings: unknown): Promise<{ code: number | null; found: string[] }> {
  const { code, json } = await cliJson<Report>(["doctor", "--cookie", JSON.stringify(settings)]);
  const found = json.findings.filter(({ check }) => check === "cookie");
  return { code, found: found.map(({ level, message }) => `${level}: ${message}`) };
}

const FINE = { code: 0, found: ["ok: Browsers take a cookie with these settings"] };

describe.concurrent("ironkeep doctor --cookie", () => {
  it.each([
    {},
    { name: "__Host-x" },
    { name: "app", sameSite: "none", partitioned: true, maxAge: 3600, domain: "example.org", path: "/app" },
    { secure: false, sameSite: false, httpOnly: false },
    { expires: new Date(Date.now() + 1000).toISOString(), priority: "high", chunkMaxLength: 2000 },
  ])("is content with %j", async (settings) => {
    expect(await judge(settings)).toEqual(FINE);
  });

  it.each([
    [{ name: "__Host-x", secure: false }, /^error: .*__Host-.*Secure/],
    [{ name: "__Host-x", path: "/app" }, /^error: .*Path=\//],
    [{ name: "__Host-x", domain: "example.org" }, /^error: .*Domain/],
    [{ name: "__secure-x", secure: false }, /^error: .*Secure/],
    [{ name: "a b" }, /^error: .*name/],
    [{ sameSite: "none", secure: false }, /^error: .*SameSite=None/],
    [{ partitioned: true, secure: false }, /^error: .*Partitioned/],
    [{ sameSite: "loose" }, /^error: .*SameSite/],
    [{ domain: "https://example.org" }, /^error: .*Domain/],
    [{ chunkMaxLength: 5000 }, /^error: .*4096/],
    [{ name: "x".repeat(200) }, /^error: .*4096/],
    [{ maxAge: 401 * 24 * 3600 }, /^warn: .*400 days/],
    [{ expires: new Date(Date.now() + 401 * 24 * 3_600_000).toISOString() }, /^warn: .*400 days/],
    [{ path: "app" }, /^warn: .*Path/],
    [{ secure: "no" }, /^error: secure is not true or false$/],
    [{ maxAge: "1d" }, /^error: maxAge is not a number$/],
    [{ expires: "tomorrow" }, /^error: expires is not a date as text$/],
    [{ name: 1 }, /^error: name is not text$/],
    [{ samesite: "lax" }, /^warn: An attribute does not exist; "sameSite" was probably meant$/],
  ])("finds what is wrong with %j", async (settings, expected) => {
    const { code, found } = await judge(settings);
    expect(found).toEqual([expect.stringMatching(expected)]);
    expect(code).toBe(found[0]?.startsWith("error") ? 1 : 0);
  });

  it("judges the last chunk's name, which is the longest", async () => {
    expect(await judge({ name: "x".repeat(92) })).toEqual(FINE);
    expect((await judge({ name: "x".repeat(93) })).code).toBe(1);
  });

  it.each(["", "x", "[]", "null", '"h3"', `{"name":"${PASSWORD}"`])(
    "refuses %j, and repeats nothing of it",
    async (text) => {
      const { code, stdout, stderr } = await cli(["doctor", `--cookie=${text}`]);
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      expect(stderr).toBe(
        'ironkeep: ERR_CONFIG: --cookie takes the settings as JSON, such as {"name":"__Host-x","secure":false}\n',
      );
    },
  );

  it("repeats no value and no attribute that does not exist", async () => {
    const settings = JSON.stringify({ secure: PASSWORD, [PASSWORD]: PASSWORD, expires: PASSWORD, path: 1 });
    const { stdout, stderr } = await cli(["doctor", "--cookie", settings]);
    expect(stdout + stderr).not.toContain(PASSWORD.slice(0, 12));
    expect(stdout).toContain("secure is not true or false");
  });
});
