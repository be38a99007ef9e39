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
  StoreStatus,
} from "./types.js";

/** In every Node that the package runs on, and not yet in the types of its target. */
type WellFormed = string & { isWellFormed(): boolean };

/** How long the sessions that a cap ends leave tombstones, in milliseconds, where nothing is said. */
const TOMBSTONE = 60_000;
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

  // An async function makes a rejection of what is thrown for an odd argument.
  async create(call: StoreCall, key: string, record: NewRecord): Promise<Created> {
    return this.#lane.call(OPERATIONS.create, call, readCreated, key, ...newRecord(record));
  }

  load(call: StoreCall, key: string): Promise<Loaded> {
    return this.#lane.call(OPERATIONS.load, call, readLoaded, key);
  }

  async save(call: StoreCall, key: string, expected: number, change: RecordChange): Promise<Saved> {
    const { data, writeToken, lifetime, label } = change;
    return this.#lane.call(
      OPERATIONS.save,
      call,
      readSaved,
      key,
      expected,
      exact(data, "data"),
      writeToken,
      lifetime?.maxAge,
      lifetime?.idle,
      label,
    );
  }

  touch(call: StoreCall, key: string): Promise<number | null> {
    return this.#lane.call(OPERATIONS.touch, call, readEnd, key);
  }

  delete(call: StoreCall, key: string, tombstone: number): Promise<boolean> {
    return this.#lane.call(OPERATIONS.delete, call, readBoolean, key, tombstone);
  }

  async regenerate(
    call: StoreCall,
    from: string,
    expected: number,
    to: string,
    record: NewRecord,
    tombstone: number,
  ): Promise<Regenerated> {
    const values = [from, expected, to, tombstone, ...newRecord(record)];
    return this.#lane.call(OPERATIONS.regenerate, call, readRegenerated, ...values);
  }

  async list(call: StoreCall, userId: string): Promise<ListedRecord[]> {
    return this.#lane.call(OPERATIONS.list, call, readListed, exact(userId, "userId"));
  }

  async count(call: StoreCall, userId: string): Promise<number> {
    return this.#lane.call(OPERATIONS.count, call, readNumber, exact(userId, "userId"));
  }

  async revoke(
    call: StoreCall,
    userId: string,
    revocation: { except?: string | undefined; tombstone: number; keep: number },
  ): Promise<number> {
    const { except, tombstone, keep } = revocation;
    return this.#lane.call(OPERATIONS.revoke, call, readNumber, exact(userId, "userId"), except, tombstone, keep);
  }

  beginImport(call: StoreCall, importKey: string, tag: string, keep: number): Promise<ImportState> {
    return this.#lane.call(OPERATIONS.beginImport, call, readImport, importKey, tag, keep);
  }

  endImport(call: StoreCall, importKey: string, keep: number): Promise<void> {
    return this.#lane.call(OPERATIONS.endImport, call, readDone, importKey, keep);
  }

  deleteExpired(call: StoreCall, limit: number): Promise<number> {
    return this.#lane.call(OPERATIONS.deleteExpired, call, readNumber, limit);
  }

  async loadMany(call: StoreCall, keys: string[]): Promise<Loaded[]> {
    return this.#lane.call(OPERATIONS.loadMany, call, readLoadedMany, keys.join(","));
  }

  async deleteMany(call: StoreCall, keys: string[], tombstone: number): Promise<number> {
    return this.#lane.call(OPERATIONS.deleteMany, call, readNumber, keys.join(","), tombstone);
  }

  status(): StoreStatus | null {
    return this.#more.status?.() ?? null;
  }

  close(): Promise<void> {
    this.#more.stop?.();
    return this.#lane.call(OPERATIONS.close, CLOSING, readDone);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

function newRecord(record: NewRecord): unknown[] {
  const { data, writeToken, userId, authenticated, age, lifetime, label, cap } = record;
  const evicts = cap?.onFull === "evict-oldest" ? (cap.tombstone ?? TOMBSTONE) : undefined;
  return [
    exact(data, "data"),
    writeToken,
    userId === undefined ? undefined : exact(userId, "userId"),
    authenticated,
    age,
    lifetime.maxAge,
    lifetime.idle,
    label,
    cap?.max,
    evicts,
    record.import,
  ];
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
