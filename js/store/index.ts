/**
 * Stores: where sessions are kept of which the cookie holds only an id.
 *
 * @module
 */
import { createStore as createEngineStore } from "#engine";

import { NativeStore } from "./native-store.js";
import { readStoreConfig, type StoreConfig } from "./options.js";
import { writeSnapshots } from "./snapshots.js";
import { passOnWarning } from "./warning.js";
import type { NativeSessionStore } from "./types.js";

export type { MemoryStoreOptions, SqliteStoreOptions, StoreConfig } from "./options.js";
export type { RedisSentinelOptions, RedisStoreOptions, RedisWaitOptions, ResilienceOptions } from "./redis-options.js";
export type * from "./types.js";

/**
 * Makes a store of sessions. No file but a snapshot is opened, and no server connected to, before its first call. An open store does
 * not keep the process alive.
 *
 * @param config which store, by its `driver`, and the options of that.
 * @throws `ERR_CONFIG` for options that do not exist or cannot work; the message names them. For a snapshot that cannot be read
 * `ERR_STORE_UNAVAILABLE`, `ERR_STORE_CORRUPT` or `ERR_STORE_VERSION`.
 */
export function createStore(config: StoreConfig): NativeSessionStore {
  const { engine: options, deadline, snapshotInterval } = readStoreConfig(config);
  const engine = createEngineStore(options);
  return new NativeStore(config.driver, engine, deadline, {
    stop: writeSnapshots(engine, snapshotInterval),
    answered: config.driver === "redis" ? passOnWarning(engine) : undefined,
    status: () => engine.status(),
  });
}
