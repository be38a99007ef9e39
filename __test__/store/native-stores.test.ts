import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { type SessionStore, type RedisStoreOptions, createStore } from "ironkeep/store";
import { type StoreHarness, storeClauses } from "ironkeep/testing";
import { afterAll, describe, expect, it } from "vitest";

import { withClock } from "./_clock-proxy.ts";
import { hasRedis, redisConfig, sharedRedis } from "./_redis.ts";

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

/** Servers go by clocks of their own: one that the suite moves takes the place of that. */
const clocked = hasRedis ? await withClock(await sharedRedis()) : undefined;
afterAll(() => clocked?.close());

/** Stores of which each has a prefix of its own, and finds its keys again. */
function inRedis(more: Partial<RedisStoreOptions>): StoreHarness | undefined {
  if (clocked === undefined) return undefined;
  const configs = new WeakMap<SessionStore, RedisStoreOptions>();
  const at = (config: RedisStoreOptions) => {
    const store = createStore(config);
    configs.set(store, config);
    return store;
  };
  const config = () => redisConfig(clocked.url, more);
  return {
    create: () => at(config()),
    reopen: (closed) => at(configs.get(closed) ?? config()),
    advance: (ms) => clocked.advance(ms),
  };
}

/** The deadline is not what is tested, but on a busy machine it may pass. */
const deadline = 10_000;
const HARNESSES: Record<string, StoreHarness | undefined> = {
  memory: { create: () => createStore({ driver: "memory", deadline }) },
  "memory with a small cap": {
    create: () => createStore({ driver: "memory", deadline, maxData: 500 }),
    dataLimit: 500,
  },
  "sqlite, normal": inFiles((path) => createStore({ driver: "sqlite", path, deadline, synchronous: "normal" })),
  "sqlite, full": inFiles((path) => createStore({ driver: "sqlite", path, deadline })),
  redis: inRedis({}),
  "redis, as it is": inRedis({ resilience: false }),
};

const here = Object.entries(HARNESSES).flatMap(([name, harness]) => (harness ? [[name, harness] as const] : []));

describe.each(here)("%s", (_name, harness) => {
  it.each(storeClauses)("$clause: $title", async ({ clause, run }) => {
    const unlessReopened = clause === "S8" && harness.reopen === undefined ? "not persistent" : "kept";
    expect(await run(harness)).toBe(unlessReopened);
  });
});

it.each(hasRedis ? ["its scripts"] : [])("redis: %s go by the clock of the suite", () => {
  expect(clocked?.scripts()).toBeGreaterThan(200);
});

it.each(hasRedis ? [] : [process.platform])("(not run on %s: Redis)", () => {
  expect(hasRedis).toBe(false);
});
