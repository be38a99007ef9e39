import { describe, expect, it } from "vitest";

import { runChild } from "./_child.ts";

const THREADS = 100;
const SEED = 1;

interface Ended {
  readonly threads: number;
  readonly beforeStart: number;
  readonly whileBusy: number;
  readonly failures: readonly string[];
  readonly opened: readonly unknown[];
}

describe("threads that are ended", () => {
  it("leave the process alive, whatever they were doing", { timeout: 60_000 }, async () => {
    const args = [String(THREADS), String(SEED)];
    const { code, signal, stdout, stderr } = await runChild("workers/terminated.mjs", { args, deadlineMs: 45_000 });
    expect({ code, signal, stderr }).toEqual({ code: 0, signal: null, stderr: "" });
    const ended = JSON.parse(stdout) as Ended;
    expect(ended).toMatchObject({ threads: THREADS, failures: [], opened: [{ user: "ann" }, { user: "ann" }] });
    expect(ended.beforeStart).toBeGreaterThan(10);
    expect(ended.whileBusy).toBeGreaterThan(50);
  });
});
