// What an acknowledged write survives: the end of its process.

import { describe, expect, it } from "vitest";

import { numbers } from "../hostile/workers/numbers.mjs";
import { killed } from "./_killed.ts";

const ROUNDS = 2;
const DEADLINE_MS = 120_000;

describe.each(["normal", "full"])("eight writers that are killed, with synchronous: %s,", (synchronous) => {
  it("have lost nothing that was acknowledged, and the file is whole", { timeout: DEADLINE_MS }, async () => {
    const { acknowledged, lost, integrity, errors } = await killed(ROUNDS, synchronous, numbers(1));
    expect({ lost, integrity: [...integrity], errors }).toEqual({ lost: 0, integrity: ["ok"], errors: [] });
    expect(acknowledged).toBeGreaterThan(ROUNDS * 10);
  });
});

it("writers that acknowledge what they have only asked for are found out", { timeout: DEADLINE_MS }, async () => {
  expect((await killed(ROUNDS, "normal", numbers(2), "hasty")).lost).toBeGreaterThan(0);
});
