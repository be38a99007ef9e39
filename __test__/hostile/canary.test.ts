import { describe, expect, it } from "vitest";

import { runChild } from "./_child.ts";
import { CANARIES, spellingsOf, spellingsOfToken } from "./canary/spellings.mjs";

interface Shown {
  readonly paths: number;
  readonly failed: number;
  readonly channels: Readonly<Record<string, readonly string[]>>;
  readonly tokens: readonly string[];
}

/** What the error paths showed, and which secrets were in it. */
async function run(...planted: string[]): Promise<{ shown: Shown; stderr: string; leaks: string[] }> {
  const child = await runChild("canary/run.mjs", {
    args: planted,
    env: { NODE_DEBUG: "ironkeep", RUST_BACKTRACE: "full" },
    deadlineMs: 25_000,
  });
  expect({ code: child.code, signal: child.signal }).toEqual({ code: 0, signal: null });
  const lines = child.stdout.trimEnd().split("\n");
  const shown = JSON.parse(lines.pop() ?? "") as Shown;
  const channels = { ...shown.channels, stdout: lines, stderr: [child.stderr] };
  const spellings = [
    ...Object.entries(CANARIES).flatMap(([name, secret]) => spellingsOf(name, secret)),
    ...shown.tokens.flatMap((token) => spellingsOfToken(token)),
  ];
  const leaks = new Set<string>();
  for (const [channel, texts] of Object.entries(channels)) {
    for (const text of texts) {
      const found = spellings.find(({ text: secret }) => text.includes(secret));
      if (found) leaks.add(`${channel}: ${found.name}, ${found.spelling}: ${text.slice(0, 200)}`);
    }
  }
  return { shown, stderr: child.stderr, leaks: [...leaks] };
}

describe.concurrent("secrets stay out of what is shown", () => {
  it.each([
    ["message", /^message: password, plain/],
    ["part", /^message: password, part at 5/],
    ["hex", /^message: password, hex/],
    ["base64", /^message: data, base64/],
    ["token", /^message: token, part/],
    ["stack", /^stack: password, plain/],
    ["cause", /^cause: password, plain/],
    ["inspected", /^inspected: password, plain/],
    ["objects", /^objects: password, plain/],
    ["warnings", /^warnings: password, plain/],
    ["stdout", /^stdout: password, plain/],
    ["stderr", /^stderr: password, plain/],
    ["native", /^stderr: password, plain/],
  ])("the harness finds a planted leak: %s", async (planted, expected) => {
    const { leaks } = await run(planted);
    expect(leaks.some((leak) => expected.test(leak))).toBe(true);
  });

  it("shows none of them on any error path", async () => {
    const { shown, stderr, leaks } = await run();
    expect(leaks).toEqual([]);
    expect(shown.failed).toBeGreaterThan(200);
    expect(stderr).toContain("IRONKEEP the token of the session");
    expect(shown.channels["warnings"]?.length).toBeGreaterThan(0);
  });
});
