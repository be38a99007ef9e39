import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { type SessionStore, createStore } from "ironkeep/store";
import { type StoreHarness, storeClauses } from "ironkeep/testing";
import { afterAll, describe, expect, it } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "ironkeep-stores-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Stores of which each has a file of its own, and finds it again. */
function inFiles(open: (path: string) => SessionStore): StoreHarness {
  const paths = new WeakMap<SessionStore, string>();
  const at = (path: string) => {
    const store = open(path);
    paths.set(store, path);
    return store;
  };
  return {
    create: () => at(join(mkdtempSync(join(folder, "store-")), "sessions.db")),
    reopen: (closed) => at(paths.get(closed) ?? ""),
  };
}

/** The deadline is not what is tested, but on a busy machine it may pass. */
const deadline = 10_000;
const HARNESSES: Record<string, StoreHarness> = {
  memory: { create: () => createStore({ driver: "memory", deadline }) },
  "memory with a small cap": {
    create: () => createStore({ driver: "memory", deadline, maxData: 500 }),
    dataLimit: 500,
  },
  "sqlite, normal": inFiles((path) => createStore({ driver: "sqlite", path, deadline, synchronous: "normal" })),
  "sqlite, full": inFiles((path) => createStore({ driver: "sqlite", path, deadline })),
};

describe.each(Object.entries(HARNESSES))("%s", (_name, harness) => {
  it.each(storeClauses)("$clause: $title", async ({ clause, run }) => {
    const unlessReopened = clause === "S8" && harness.reopen === undefined ? "not persistent" : "kept";
    expect(await run(harness)).toBe(unlessReopened);
  });
});
