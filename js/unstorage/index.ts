/**
 * Sessions in a storage of unstorage, for places that have no better one. What such a store cannot promise is in
 * docs/custom-stores.md.
 *
 * @module
 */
import { ironkeepError } from "../errors.js";
import { nearest } from "../nearest.js";
import type { SessionStore } from "../store/types.js";
import { Rows, type UnstorageLike } from "./storage.js";
import { UnstorageStore } from "./store.js";

export type { UnstorageLike } from "./storage.js";

export interface UnstorageStoreOptions {
  /** What the keys in the storage begin with, before a colon. @default "ironkeep" */
  prefix?: string | undefined;
  /**
   * Whether the driver is told with each value after how many seconds it may remove it (`ttl`), as those of Redis, Upstash and
   * Cloudflare KV do. Drivers that have no such option take no notice. What they keep, `deleteExpired` removes.
   * @default true
   */
  ttl?: boolean | undefined;
  /** The most bytes that a session's data may have, in UTF-8. @default 65_536 */
  dataLimit?: number | undefined;
}

const METHODS = ["getItem", "setItem", "removeItem", "getKeys"] as const;
const OPTIONS = new Set(["prefix", "ttl", "dataLimit"]);

/**
 * A session store on a storage, or on one of its drivers. It cannot keep S1, S3, S7, S10 and S13: there are no transactions, so
 * of two processes that write one session at a time one may be lost, and no index of users. Options that need those are refused.
 *
 * `close()` leaves the storage open: it is yours.
 *
 * @throws `ERR_CONFIG` for a storage that cannot be written, and for options that do not exist or have the wrong form.
 */
export function createUnstorageStore(storage: UnstorageLike, options: UnstorageStoreOptions = {}): SessionStore {
  const missing = METHODS.filter((name) => typeof storage?.[name] !== "function");
  if (missing.length > 0) {
    throw config(
      `The storage has no ${missing.join(", ")}: pass one of createStorage, with a driver that can be written`,
    );
  }
  for (const key of Object.keys(options)) if (!OPTIONS.has(key)) throw unknownOption(key);
  const { prefix = "ironkeep", ttl = true, dataLimit = 65_536 } = options;
  if (typeof prefix !== "string" || !/^[\w-]+(?::[\w-]+)*$/.test(prefix)) {
    throw config("prefix: has to be of letters, digits, _ and -, with a colon between parts");
  }
  if (typeof ttl !== "boolean") throw config("ttl: has to be true or false");
  if (!Number.isSafeInteger(dataLimit) || dataLimit < 1)
    throw config("dataLimit: has to be a positive number of bytes");
  return new UnstorageStore(new Rows(storage, prefix, ttl), dataLimit);
}

function unknownOption(key: string): Error {
  const meant = nearest(key, OPTIONS);
  return config(
    `The option "${key}" of the store does not exist${meant === undefined ? "" : `; did you mean "${meant}"?`}`,
  );
}

function config(message: string): Error {
  return ironkeepError("ERR_CONFIG", message);
}
