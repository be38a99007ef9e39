/**
 * Stores: where sessions are kept of which the cookie holds only an id.
 *
 * @module
 */
import { createStore as createEngineStore } from "#engine";

import { NativeStore } from "./native-store.js";
import { readStoreConfig, type StoreConfig } from "./options.js";
import { writeSnapshots } from "./snapshots.js";
import type { SessionStore } from "./types.js";

export type { MemoryStoreOptions, StoreConfig } from "./options.js";
export type * from "./types.js";

/**
 * Makes a store of sessions. No file but a snapshot is opened before its first call, and an open store does not keep the process
 * alive.
 *
 * @param config which store, by its `driver`, and the options of that.
 * @throws `ERR_CONFIG` for options that do not exist or cannot work; the message names them. For a snapshot that cannot be read
 * `ERR_STORE_UNAVAILABLE`, `ERR_STORE_CORRUPT` or `ERR_STORE_VERSION`.
 */
export function createStore(config: StoreConfig): SessionStore & AsyncDisposable {
  const { engine: options, deadline, snapshotInterval } = readStoreConfig(config);
  const engine = createEngineStore(options);
  return new NativeStore(config.driver, engine, deadline, writeSnapshots(engine, snapshotInterval));
}
