import { describe, expect, it } from "vitest";

import { numbers } from "../hostile/workers/numbers.mjs";
import { killed } from "./_killed.ts";

const ROUNDS = 20;

describe.each(["normal", "full"])(
  `eight writers that are killed ${ROUNDS} times, with synchronous: %s,`,
  (synchronous) => {
    it("have lost nothing that was acknowledged, and the file is whole", { timeout: 1_200_000 }, async () => {
      const { acknowledged, lost, integrity, errors } = await killed(ROUNDS, synchronous, numbers(3));
      console.log(`synchronous ${synchronous}: ${acknowledged} writes were acknowledged`);
      expect({ lost, integrity: [...integrity], errors }).toEqual({ lost: 0, integrity: ["ok"], errors: [] });
      expect(acknowledged).toBeGreaterThan(ROUNDS * 10);
    });
  },
);
