// Nothing that ended is readable again, however requests overlap.

import { describe, expect, it } from "vitest";

import { overlaps } from "./_overlaps.ts";
import type { MapStore } from "./_sessions.ts";
import { around, stopClock, withoutPauses } from "./_sessions.ts";

const COUNT = 20_000;
/** IRONKEEP_SEED asks for another. */
const SEED = Number(process.env["IRONKEEP_SEED"] ?? 20_261_121);

type CreateArgs = Parameters<MapStore["create"]>;

describe("requests that overlap", () => {
  it(`bring nothing back that ended, ${COUNT} times`, { timeout: 900_000 }, async () => {
    stopClock();
    withoutPauses();
    expect(await overlaps(COUNT, SEED)).toEqual([]);
  });

  it("show a store that acknowledges an end before a write that was under way", async () => {
    stopClock();
    withoutPauses();
    const found = await overlaps(400, 1, (store) =>
      around(store, async (method, run) => (method === "delete" ? true : run())),
    );
    expect(found.join()).toMatch(/read after destroy.*written after destroy|written after destroy.*read after destroy/);
  });

  it("show a store that forgets how far an import has come", async () => {
    stopClock();
    withoutPauses();
    const found = await overlaps(400, 2, (store) =>
      around(store, async (method, run, args) => {
        if (method === "beginImport") return { outcome: "open", tag: "AAA" };
        if (method !== "create") return run();
        const [call, key, record] = args as CreateArgs;
        // Without its import, and without a look at the tombstone once that has passed.
        return store.create(call, key, { ...record, import: undefined });
      }),
    );
    expect(found.join()).toMatch(/there again after the tombstones, though ended by \w+ of the import/);
  });
});
