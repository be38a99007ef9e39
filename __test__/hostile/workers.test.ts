import { describe, expect, it } from "vitest";

import { endThreads, unharmed } from "./workers/_ended.ts";

const THREADS = 100;
const SEED = 1;

describe("threads that are ended", () => {
  it("leave the process alive, whatever they were doing", { timeout: 60_000 }, async () => {
    const ended = await endThreads(THREADS, SEED, { deadlineMs: 45_000 });
    expect(ended).toMatchObject(unharmed(THREADS));
    expect(ended.beforeStart).toBeGreaterThan(10);
    expect(ended.whileBusy).toBeGreaterThan(50);
  });
});
