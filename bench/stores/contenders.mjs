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
  (name, file = "stores") =>
  async (...options) =>
    (await import(`../peers/${file}.mjs`))[name](...options);

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

const redisPeer = (name, options) => {
  const open = peer(name, "redis");
  return ({ port }) => open({ port, ...options });
};

/**
 * The contenders by family. `open({ path, port, most })` gives a store for sessions of the indexes below `most`; `path` names
 * a file that nobody else uses, and `port` is that of a Redis for those who need one.
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
  redis: [
    {
      id: "ironkeep-redis",
      name: "ironkeep, redis",
      isOurs: true,
      open: ({ port, most }) => ironkeepStore({ driver: "redis", url: `redis://127.0.0.1:${port}` }, { most }),
    },
    { id: "ioredis", name: peerName.ioredis, open: redisPeer("ioredis") },
    {
      id: "ioredis-pipelined",
      name: `${peerName.ioredis}, enableAutoPipelining`,
      open: redisPeer("ioredis", { isPipelined: true }),
    },
    { id: "connect-redis", name: `${peerName.redis}, ${peerName.connectRedis}`, open: redisPeer("connectRedis") },
    { id: "unstorage-redis", name: `${peerName.unstorage}, redis`, open: redisPeer("unstorageRedis") },
  ],
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
