import { type StoreHarness, storeClauses } from "ironkeep/testing";
import { describe, expect, it } from "vitest";

import { type Defect, harnessOf } from "./_closable.ts";
import { SESSION_DEFECTS } from "./_session-defects.ts";
import { STORE_DEFECTS } from "./_store-defects.ts";

const DEFECTS = [...SESSION_DEFECTS, ...STORE_DEFECTS];

/** What each clause says of stores with a defect. */
async function verdicts(defect: Defect = {}): Promise<readonly { clause: string; error: unknown }[]> {
  return verdictsOn(harnessOf(defect));
}

async function verdictsOn(harness: StoreHarness): Promise<readonly { clause: string; error: unknown }[]> {
  return Promise.all(
    storeClauses.map(async ({ clause, run }) => {
      const error: unknown = await run(harness).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      return { clause, error };
    }),
  );
}

const failed = (found: Awaited<ReturnType<typeof verdicts>>) => found.filter(({ error }) => error !== undefined);

describe("exactly one clause fails on a store that is broken in one way", () => {
  it.each(DEFECTS)("%s: %s", async (clause, _what, defect) => {
    const found = failed(await verdicts(defect));
    expect(found.map((broken) => broken.clause)).toEqual([clause]);
    expect(found[0]?.error).toMatchObject({ name: "AssertionError" });
  });

  it("every clause has such a store, and the whole store none that fails", async () => {
    const clauses = new Set(DEFECTS.map(([clause]) => clause));
    expect([...clauses]).toEqual(storeClauses.map(({ clause }) => clause));
    expect(failed(await verdicts())).toEqual([]);
  });

  it("a store that says what it cannot fails where it answers all the same", async () => {
    const cannot = ["S1", "S3", "S7", "S10", "S13"] as const;
    const create = async () => ({ ...(await harnessOf().create()), cannot });
    expect(failed(await verdictsOn({ create })).map(({ clause }) => clause)).toEqual(["S7", "S10", "S13"]);
  });
});
