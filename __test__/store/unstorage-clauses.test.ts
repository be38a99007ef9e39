import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { type StoreHarness, storeClauses } from "ironkeep/testing";
import { createUnstorageStore } from "ironkeep/unstorage";
import { createStorage } from "unstorage";
import fs from "unstorage/drivers/fs";
import memory from "unstorage/drivers/memory";
import { afterAll, describe, expect, it } from "vitest";

import type { SessionStore } from "ironkeep/store";

const folder = mkdtempSync(join(tmpdir(), "ironkeep-unstorage-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Stores of which each has a folder of its own, and finds it again. */
function inFolders(open: (base: string) => SessionStore): Required<Pick<StoreHarness, "create" | "reopen">> {
  const bases = new WeakMap<SessionStore, string>();
  const at = (base: string) => {
    const store = open(base);
    bases.set(store, base);
    return store;
  };
  return {
    create: () => at(mkdtempSync(join(folder, "store-"))),
    reopen: (closed) => at(bases.get(closed) ?? ""),
  };
}

const HARNESSES: Record<string, StoreHarness> = {
  "a storage in memory": { create: () => createUnstorageStore(createStorage({ driver: memory() })) },
  "a driver by itself": { create: () => createUnstorageStore(memory()) },
  "a storage of files": inFolders((base) => createUnstorageStore(createStorage({ driver: fs({ base }) }))),
  "another prefix and cap": {
    create: () =>
      createUnstorageStore(createStorage({ driver: memory() }), { prefix: "app:sessions", dataLimit: 1000 }),
    dataLimit: 1000,
  },
};
const CANNOT = new Set(["S1", "S3", "S7", "S10", "S13"]);

describe.each(Object.entries(HARNESSES))("%s", (_name, harness) => {
  it.each(storeClauses)("$clause: $title", async ({ clause, run }) => {
    const unlessReopened = clause === "S8" && harness.reopen === undefined ? "not persistent" : "kept";
    expect(await run(harness)).toBe(CANNOT.has(clause) ? "cannot" : unlessReopened);
  });
});
