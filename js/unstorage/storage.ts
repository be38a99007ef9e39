import { ironkeepError } from "../errors.js";
import type { StoredRecord } from "../store/types.js";

/** What is used of a storage. unstorage's `Storage` has it, and so have its drivers; others may too. */
export interface UnstorageLike {
  /** The value as text, or as what `JSON.parse` makes of it. `null` when there is none. */
  getItem(key: string, options?: object): unknown;
  /** `ttl`: seconds after which the value may be removed. */
  setItem?(key: string, value: string, options: { ttl?: number }): unknown;
  removeItem?(key: string, options?: object): unknown;
  /** Keys that begin with `base`, and perhaps others. */
  getKeys(base: string, options?: object): unknown;
}

/** What is under a session's key until an instant: a session, or its tombstone. */
export interface Row {
  until: number;
  record?: StoredRecord | undefined;
  /** The token of the write that is about to put a session here. */
  heldBy?: string | undefined;
}

/** The form that rows are written in. */
const VERSION = 1;

/** Rows in a storage. Whatever goes wrong in there is an error without a value, a key or a text of the driver's. */
export class Rows {
  readonly #storage: UnstorageLike;
  readonly #prefix: string;
  readonly #passesTtl: boolean;

  constructor(storage: UnstorageLike, prefix: string, passesTtl: boolean) {
    this.#storage = storage;
    this.#prefix = `${prefix}:`;
    this.#passesTtl = passesTtl;
  }

  async read(key: string): Promise<Row | undefined> {
    const value = await reach("read", () => this.#storage.getItem(this.#prefix + key));
    return value === null || value === undefined ? undefined : readRow(value);
  }

  async write(key: string, row: Row, now: number): Promise<void> {
    const value = JSON.stringify({ v: VERSION, ...row });
    const ttl = Math.max(1, Math.ceil((row.until - now) / 1000));
    await reach("write", () => this.#storage.setItem?.(this.#prefix + key, value, this.#passesTtl ? { ttl } : {}));
  }

  async remove(key: string): Promise<void> {
    await reach("write", () => this.#storage.removeItem?.(this.#prefix + key));
  }

  /** The keys of all rows, sorted. */
  async keys(): Promise<string[]> {
    const found = await reach("read", () => this.#storage.getKeys(this.#prefix));
    if (!Array.isArray(found)) throw corrupt();
    return found
      .filter((key): key is string => typeof key === "string" && key.startsWith(this.#prefix))
      .map((key) => key.slice(this.#prefix.length))
      .toSorted();
  }
}

/** Drivers put what they were given into their messages: of their errors only a code is told. */
async function reach(what: "read" | "write", call: () => unknown): Promise<unknown> {
  try {
    return await call();
  } catch (error) {
    const code: unknown = error instanceof Error && "code" in error ? error.code : undefined;
    const reason = typeof code === "string" && /^E[A-Z_]{2,20}$/.test(code) ? ` (${code})` : "";
    throw ironkeepError("ERR_STORE_UNAVAILABLE", `The storage's driver failed to ${what}${reason}: try again later`);
  }
}

function readRow(value: unknown): Row {
  const row = typeof value === "string" ? parse(value) : value;
  if (!isObject(row) || typeof row["v"] !== "number") throw corrupt();
  if (row["v"] > VERSION) {
    throw ironkeepError("ERR_STORE_VERSION", "A newer Ironkeep wrote into this storage: use that, or another prefix");
  }
  const { until, record, heldBy } = row;
  if (typeof until !== "number" || !(record === undefined || isRecord(record))) throw corrupt();
  return { until, record, heldBy: typeof heldBy === "string" ? heldBy : undefined };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw corrupt();
  }
}

const NUMBERS = ["version", "createdAt", "lastSeenAt", "expiresAt", "absoluteExpiresAt"];

function isRecord(record: unknown): record is StoredRecord {
  return (
    isObject(record) &&
    ["data", "writeToken"].every((name) => typeof record[name] === "string") &&
    NUMBERS.every((name) => typeof record[name] === "number")
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function corrupt(): Error {
  const message =
    "The storage holds something in a session's place that no Ironkeep wrote: give sessions another prefix";
  return ironkeepError("ERR_STORE_CORRUPT", message);
}
