import { describe, expect, it } from "vitest";

import { runChild } from "./_child.ts";
import { judge } from "./misuse/_judge.ts";

/** Several times what the slowest table takes on a machine with other work. */
const DEADLINE_MS = 110_000;

async function verdictOf(script: string, ...args: string[]) {
  return judge(await runChild(`misuse/${script}.mjs`, { args, deadlineMs: DEADLINE_MS }));
}

describe.concurrent("the judge finds what is planted", () => {
  it("finds no fault where there is none", async () => {
    expect(await verdictOf("planted", "no fault")).toEqual({ calls: 2, errors: 1, faults: [] });
  });

  it.each([
    ["crash", /killed by SIGABRT/],
    ["exit", /exit code 3/],
    ["not an error", /not-an-error: threw string: a text/],
    ["no message", /no-message/],
    ["unhandled rejection", /unhandled rejection: nobody waits/],
    ["hang", /hung/],
  ])("finds a planted %s", async (fault, expected) => {
    const { faults } = await verdictOf("planted", fault);
    expect(faults.join("\n")).toMatch(expected);
  });
});

/** At least so many calls, of which so many are refused: a table that shrinks to nothing would pass. */
const TABLES: readonly (readonly [title: string, script: string, calls: number, errors: number])[] = [
  ["ironkeep and ironkeep/iron take any argument", "iron", 6000, 3000],
  ["ironkeep/h3 takes any argument", "h3", 30_000, 8000],
  ["rate limits in ironkeep/h3 take any argument", "h3-limits", 10_000, 5000],
  ["the binding takes any argument, on any object", "binding", 3500, 2500],
  ["the limiters of the binding take any argument, on any object", "limiters", 1500, 1000],
  ["what calls back may call again", "re-entrancy", 250, 0],
  ["texts of 100 MB are taken or refused", "long-texts", 14, 10],
  ["threads misuse it at once", "workers", 4, 0],
  ["numbers of iterations that PBKDF2 does not take are refused", "iterations", 48, 40],
];

// Side by side, since most of a table's time is one child's on one core.
describe.concurrent("misuse", () => {
  it.for(TABLES)("%s", { timeout: 120_000 }, async ([_title, script, calls, errors]) => {
    const verdict = await verdictOf(script);
    expect(verdict.faults).toEqual([]);
    expect(verdict.calls).toBeGreaterThanOrEqual(calls);
    expect(verdict.errors).toBeGreaterThanOrEqual(errors);
  });
});
