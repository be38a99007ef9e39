// Who is measured: a name, and how its store is opened.
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

import { run } from "../../scripts/lib/run.mjs";
import { peerName } from "../lib/versions.mjs";
import { ironkeepStore } from "./ironkeep-store.mjs";

const PEERS = new URL("../peers/", import.meta.url);
/** Ironkeep's store in memory is bounded; it gets room for all, so that it evicts nothing. */
const MAX_BYTES = 4 * 2 ** 30;
/** For what is destroyed: each leaves a tombstone, which is an entry. */
const SPARE_ENTRIES = 1_000_000;

const peer =
  (name) =>
  async (...options) =>
    (await import("../peers/stores.mjs"))[name](...options);

const sqlite = (synchronous) => [
  {
    id: `ironkeep-${synchronous}`,
    name: `ironkeep, sqlite ${synchronous}`,
    isOurs: true,
    open: ({ path, most }) => ironkeepStore({ driver: "sqlite", path, synchronous }, { most }),
  },
  {
    id: `better-sqlite3-${synchronous}`,
    name: `${peerName.betterSqlite3}, ${synchronous}`,
    open: ({ path }) => peer("betterSqlite3")({ path, synchronous }),
  },
  {
    id: `better-sqlite3-${synchronous}-indexed`,
    name: `${peerName.betterSqlite3}, ${synchronous}, index by expiry`,
    isVariant: true,
    open: ({ path }) => peer("betterSqlite3")({ path, synchronous, isIndexed: true }),
  },
];

/**
 * The contenders by family. `open({ path, most })` gives a store for sessions of the indexes below `most`, and `path` names
 * a file that nobody else uses.
 */
export const families = {
  memory: [
    {
      id: "ironkeep-memory",
      name: "ironkeep, memory",
      isOurs: true,
      open: ({ most }) =>
        ironkeepStore({ driver: "memory", maxBytes: MAX_BYTES, maxEntries: most + SPARE_ENTRIES }, { most }),
    },
    { id: "map", name: "a plain Map", open: peer("plainMap") },
    { id: "lru-cache", name: peerName.lruCache, open: peer("lruCache") },
    { id: "express-session", name: `${peerName.expressSession} MemoryStore`, open: peer("expressMemoryStore") },
    { id: "unstorage", name: `${peerName.unstorage}, memory`, open: peer("unstorageMemory") },
  ],
  normal: sqlite("normal"),
  full: sqlite("full"),
};

/** Compiles better-sqlite3, or fetches its binary, when there is none: its packages were installed without their scripts. */
export function ensureBetterSqlite3() {
  const folder = fileURLToPath(PEERS);
  const home = createRequire(PEERS).resolve("better-sqlite3/package.json");
  if (existsSync(new URL("build/Release/better_sqlite3.node", `file://${home}`))) return;
  console.log("better-sqlite3 has no binary yet: it is fetched, or compiled, which takes some minutes.");
  run("npm", ["rebuild", "better-sqlite3", "--ignore-scripts=false", "--prefix", folder], {
    shell: process.platform === "win32",
  });
}
