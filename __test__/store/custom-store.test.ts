import { storeClauses } from "ironkeep/testing";
import { describe, expect, it } from "vitest";

import { MapStore } from "../../examples/custom-store/map-store.ts";

describe("the example of a custom store keeps the clauses", () => {
  it.each(storeClauses)("$clause: $title", async ({ clause, run }) => {
    const result = await run({ create: () => new MapStore() });
    expect(result).toBe(clause === "S8" ? "not persistent" : "kept");
  });

  it("with another cap on the data too, which the suite has to be told", async () => {
    const sizes = storeClauses.find(({ clause }) => clause === "S6");
    const create = () => new MapStore({ dataLimit: 1024 });
    expect(await sizes?.run({ create, dataLimit: 1024 })).toBe("kept");
    await expect(sizes?.run({ create })).rejects.toThrow(/has more than 1024 bytes/);
  });
});
