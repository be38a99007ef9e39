import type { EngineCalls, EngineStoreStatus } from "../engine/index.js";
import { ironkeepError } from "../errors.js";
import {
  readBoolean,
  readCreated,
  readDone,
  readEnd,
  readImport,
  readListed,
  readLoaded,
  readLoadedMany,
  readNumber,
  readRegenerated,
  readSaved,
} from "./answers.js";
import type { Calls } from "./calls.js";
import { Lane } from "./lane.js";
import { OPERATIONS } from "./operations.js";
import type {
  Created,
  ImportState,
  ListedRecord,
  Loaded,
  NativeSessionStore,
  NewRecord,
  RecordChange,
  Regenerated,
  Saved,
  StoreCall,
  StoredLifetime,
  StoreStatus,
} from "./types.js";

/** In every Node that the package runs on, and not yet in the types of its target. */
type WellFormed = string & { isWellFormed(): boolean };

/** How long the sessions that a cap ends leave tombstones, in milliseconds, where nothing is said. */
const TOMBSTONE = 60_000;
/** Of a change without one. */
const NO_LIFETIME: Partial<StoredLifetime> = {};
/** Closing waits for what is under way, however long that takes. */
const CLOSING: StoreCall = { now: 0, deadline: Number.POSITIVE_INFINITY };

/** What a store has beside its calls. */
interface More {
  /** Called when it is closed. */
  readonly stop?: (() => void) | undefined;
  /** Called when answers have come that were waited for. */
  readonly answered?: (() => void) | undefined;
  readonly status?: (() => EngineStoreStatus | null) | undefined;
}

/** A store of the engine. */
export class NativeStore implements NativeSessionStore {
  readonly driver: string;
  readonly deadline: number;
  readonly #lane: Lane;
  readonly #more: More;

  /** @internal Use `createStore`. */
  constructor(driver: string, engine: EngineCalls, deadline: number, more: More = {}) {
    this.driver = driver;
    this.deadline = deadline;
    this.#lane = new Lane(engine, deadline, more.answered);
    this.#more = more;
  }

  create(call: StoreCall, key: string, record: NewRecord): Promise<Created> {
    return attempt(() => {
      const fields = read(record);
      const values = this.#lane.begin(OPERATIONS.create, call);
      values.text(key);
      write(values, fields);
      return this.#lane.end(readCreated);
    });
  }

  load(call: StoreCall, key: string): Promise<Loaded> {
    return attempt(() => {
      this.#lane.begin(OPERATIONS.load, call).text(key);
      return this.#lane.end(readLoaded);
    });
  }

  save(call: StoreCall, key: string, expected: number, change: RecordChange): Promise<Saved> {
    return attempt(() => {
      const { data, writeToken, lifetime, label } = change;
      const { maxAge, idle } = lifetime ?? NO_LIFETIME;
      const text = exact(data, "data");
      const values = this.#lane.begin(OPERATIONS.save, call);
      values.text(key);
      values.number(expected);
      values.text(text);
      values.text(writeToken);
      values.optionalNumber(maxAge);
      values.optionalNumber(idle);
      values.optionalText(label);
      return this.#lane.end(readSaved);
    });
  }

  touch(call: StoreCall, key: string): Promise<number | null> {
    return attempt(() => {
      this.#lane.begin(OPERATIONS.touch, call).text(key);
      return this.#lane.end(readEnd);
    });
  }

  delete(call: StoreCall, key: string, tombstone: number): Promise<boolean> {
    return attempt(() => {
      const values = this.#lane.begin(OPERATIONS.delete, call);
      values.text(key);
      values.number(tombstone);
      return this.#lane.end(readBoolean);
    });
  }

  regenerate(
    call: StoreCall,
    from: string,
    expected: number,
    to: string,
    record: NewRecord,
    tombstone: number,
  ): Promise<Regenerated> {
    return attempt(() => {
      const fields = read(record);
      const values = this.#lane.begin(OPERATIONS.regenerate, call);
      values.text(from);
      values.number(expected);
      values.text(to);
      values.number(tombstone);
      write(values, fields);
      return this.#lane.end(readRegenerated);
    });
  }

  list(call: StoreCall, userId: string): Promise<ListedRecord[]> {
    return attempt(() => {
      const user = exact(userId, "userId");
      this.#lane.begin(OPERATIONS.list, call).text(user);
      return this.#lane.end(readListed);
    });
  }

  count(call: StoreCall, userId: string): Promise<number> {
    return attempt(() => {
      const user = exact(userId, "userId");
      this.#lane.begin(OPERATIONS.count, call).text(user);
      return this.#lane.end(readNumber);
    });
  }

  revoke(
    call: StoreCall,
    userId: string,
    revocation: { except?: string | undefined; tombstone: number; keep: number },
  ): Promise<number> {
    return attempt(() => {
      const { except, tombstone, keep } = revocation;
      const user = exact(userId, "userId");
      const values = this.#lane.begin(OPERATIONS.revoke, call);
      values.text(user);
      values.optionalText(except);
      values.number(tombstone);
      values.number(keep);
      return this.#lane.end(readNumber);
    });
  }

  beginImport(call: StoreCall, importKey: string, tag: string, keep: number): Promise<ImportState> {
    return attempt(() => {
      const values = this.#lane.begin(OPERATIONS.beginImport, call);
      values.text(importKey);
      values.text(tag);
      values.number(keep);
      return this.#lane.end(readImport);
    });
  }

  endImport(call: StoreCall, importKey: string, keep: number): Promise<void> {
    return attempt(() => {
      const values = this.#lane.begin(OPERATIONS.endImport, call);
      values.text(importKey);
      values.number(keep);
      return this.#lane.end(readDone);
    });
  }

  deleteExpired(call: StoreCall, limit: number): Promise<number> {
    return attempt(() => {
      this.#lane.begin(OPERATIONS.deleteExpired, call).number(limit);
      return this.#lane.end(readNumber);
    });
  }

  loadMany(call: StoreCall, keys: string[]): Promise<Loaded[]> {
    return attempt(() => {
      const joined = keys.join(",");
      this.#lane.begin(OPERATIONS.loadMany, call).text(joined);
      return this.#lane.end(readLoadedMany);
    });
  }

  deleteMany(call: StoreCall, keys: string[], tombstone: number): Promise<number> {
    return attempt(() => {
      const joined = keys.join(",");
      const values = this.#lane.begin(OPERATIONS.deleteMany, call);
      values.text(joined);
      values.number(tombstone);
      return this.#lane.end(readNumber);
    });
  }

  status(): StoreStatus | null {
    return this.#more.status?.() ?? null;
  }

  close(): Promise<void> {
    this.#more.stop?.();
    return attempt(() => {
      this.#lane.begin(OPERATIONS.close, CLOSING);
      return this.#lane.end(readDone);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** What is thrown for an odd argument is a rejection, without the promise that an async function would put around the call's. */
function attempt<T>(call: () => Promise<T>): Promise<T> {
  try {
    return call();
  } catch (error) {
    return Promise.reject(error);
  }
}

/** All of a record, read once: a getter of it may make calls of its own. */
function read(record: NewRecord) {
  const { data, writeToken, userId, authenticated, age, lifetime, label, cap, import: imported } = record;
  const { maxAge, idle } = lifetime;
  const max = cap?.max;
  const evicts = cap?.onFull === "evict-oldest" ? (cap.tombstone ?? TOMBSTONE) : undefined;
  const text = exact(data, "data");
  const user = userId === undefined ? undefined : exact(userId, "userId");
  return { text, writeToken, user, authenticated, age, maxAge, idle, label, max, evicts, imported };
}

function write(values: Calls, record: ReturnType<typeof read>): void {
  values.text(record.text);
  values.text(record.writeToken);
  values.optionalText(record.user);
  values.optionalNumber(record.authenticated);
  values.number(record.age);
  values.optionalNumber(record.maxAge);
  values.optionalNumber(record.idle);
  values.optionalText(record.label);
  values.optionalNumber(record.max);
  values.optionalNumber(record.evicts);
  values.optionalText(record.imported);
}

/**
 * The text, if UTF-8 can carry it: two users whose ids differ in a lone surrogate would be one.
 *
 * @throws `ERR_CONFIG`.
 */
function exact(text: string, name: string): string {
  // What is no text is refused by the engine, by its name.
  if (typeof text !== "string" || (text as WellFormed).isWellFormed()) return text;
  throw ironkeepError("ERR_CONFIG", `${name}: has to be text without lone surrogates`);
}
