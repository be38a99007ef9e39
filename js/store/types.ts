/** What is given to every call of a store. */
export interface StoreCall {
  /** The caller's time, in milliseconds since the epoch. A store that several machines share uses a clock of its own. */
  now: number;
  /** How many milliseconds the call may take. After that it fails with `ERR_STORE_TIMEOUT`, done as a whole or not at all. */
  deadline?: number | undefined;
  /** Gives the call up: `ERR_ABORTED`. */
  signal?: AbortSignal | undefined;
}

/** How long a session lives from now on, by the store's clock, in milliseconds. */
export interface StoredLifetime {
  /** Its end, whatever happens. */
  maxAge: number;
  /** Its end if it is not written or touched before. Without it only `maxAge` ends the session. */
  idle?: number | undefined;
}

/** The most sessions of a user: `max` counts the new one. */
export interface SessionCap {
  max: number;
  onFull: "evict-oldest" | "refuse";
}

/** A stored session as it is. Times are milliseconds since the epoch. */
export interface StoredRecord {
  /** The session's data, as it was given: JSON, of which the store knows nothing. */
  data: string;
  /** The version that the next `save` has to name. A new record has 1. */
  version: number;
  /** The token of the write that made this version. */
  writeToken: string;
  userId?: string | undefined;
  createdAt: number;
  lastSeenAt: number;
  /** When the user proved who they are. */
  authenticatedAt?: number | undefined;
  /** Its end, unless `touch` or `save` comes before it. */
  expiresAt: number;
  /** Its end, whatever happens. */
  absoluteExpiresAt: number;
  /** The idle time that it was given, in milliseconds. */
  idle?: number | undefined;
  label?: string | undefined;
}

/** A session to be. */
export interface NewRecord {
  data: string;
  /** 16 random bytes in base64url, new for each write. */
  writeToken: string;
  userId?: string | undefined;
  /** How many milliseconds ago the user proved who they are. A user without it did so now. */
  authenticated?: number | undefined;
  /** How many milliseconds ago the session began: 0 but for one that is imported or regenerated. */
  age: number;
  lifetime: StoredLifetime;
  label?: string | undefined;
  /** `tombstone`: for how many milliseconds the sessions that it ends leave tombstones; 60,000 without it. */
  cap?: (SessionCap & { tombstone?: number | undefined }) | undefined;
  /** The import that this is the record of: it is created only while that is open, and ends it. 32 bytes in base64url. */
  import?: string | undefined;
}

/** What is given to `save`. */
export interface RecordChange {
  data: string;
  writeToken: string;
  /** Without it the absolute end stays, and the idle time begins again. */
  lifetime?: StoredLifetime | undefined;
  /** Without it the label stays. */
  label?: string | undefined;
}

/** What a new record came to. `exists`: the key is taken, `writeToken` wrote last. `ended`: the key has a tombstone, or its import is done. */
export type Created =
  | { outcome: "done"; expiresAt: number; evicted: string[] }
  | { outcome: "exists"; writeToken: string }
  | { outcome: "ended" | "full" | "revoked" };

export type Loaded = { outcome: "found"; record: StoredRecord } | { outcome: "ended" | "absent" };

export type Saved =
  | { outcome: "done"; version: number; expiresAt: number }
  | { outcome: "conflict"; record: StoredRecord }
  | { outcome: "not-found" };

export type Regenerated = Created | { outcome: "conflict"; record: StoredRecord } | { outcome: "not-found" };

/** How far an import has come. `tag`: the one that the session's id has. */
export type ImportState = { outcome: "open"; tag: string } | { outcome: "done"; tag?: string | undefined };

/** A session as `list` shows it. */
export interface ListedRecord {
  key: string;
  createdAt: number;
  lastSeenAt: number;
  authenticatedAt?: number | undefined;
  expiresAt: number;
  label?: string | undefined;
}

/** How a store fares that makes the best of outages. The counts are those since it was made. */
export interface StoreStatus {
  /**
   * `closed`: calls are made. `open`: half of at least 20 calls within 10 s failed, and calls fail at once. `half-open`: three
   * calls try the store.
   */
  breaker: "closed" | "half-open" | "open";
  /** How many milliseconds it stays open from now on. */
  openFor: number;
  /** How often it has opened. */
  opened: number;
  /** Calls of the last 10 s by which it judges, and how many of them failed. */
  recentCalls: number;
  recentFailures: number;
  calls: number;
  /** How often the store was asked for them, and how many of those were repetitions. */
  attempts: number;
  retries: number;
  /** How many attempts met an outage, how many took too long, and how many did not reach the backend. */
  failures: number;
  slow: number;
  unreached: number;
  /** How many calls the breaker refused. */
  refused: number;
}

/** A store of `createStore`. */
export interface NativeSessionStore extends SessionStore, AsyncDisposable {
  /** How it fares; `null` where nothing is done about outages, as in memory and in files. */
  status(): StoreStatus | null;
}

/** Clauses of a store that an option may need, and that a store may be unable to keep. */
export type StoreClause = "S1" | "S3" | "S7" | "S10" | "S13";

/**
 * Where sessions are kept, under keys that are no credentials: 34 bytes in base64url, of which the first two are the same for
 * all sessions of a user.
 *
 * The clauses that each store keeps, S1 to S13, are in docs/custom-stores.md; `ironkeep/testing` checks them.
 */
export interface SessionStore {
  /** What the store is called in messages, such as `sqlite`. */
  readonly driver: string;
  /** The clauses that it cannot keep. Options that need one of them are refused. */
  readonly cannot?: readonly StoreClause[];
  /** How many milliseconds sessions wait for a call where nobody says. @default 250 */
  readonly deadline?: number;
  create(call: StoreCall, key: string, record: NewRecord): Promise<Created>;
  load(call: StoreCall, key: string): Promise<Loaded>;
  save(call: StoreCall, key: string, expected: number, change: RecordChange): Promise<Saved>;
  /** Gives the session's end; `null` when there is no such session. */
  touch(call: StoreCall, key: string): Promise<number | null>;
  /** Leaves a tombstone for so many milliseconds, and says whether there was a session. */
  delete(call: StoreCall, key: string, tombstone: number): Promise<boolean>;
  regenerate(
    call: StoreCall,
    from: string,
    expected: number,
    to: string,
    record: NewRecord,
    tombstone: number,
  ): Promise<Regenerated>;
  list(call: StoreCall, userId: string): Promise<ListedRecord[]>;
  count(call: StoreCall, userId: string): Promise<number>;
  /** Says how many sessions ended. `keep`: how many milliseconds it is remembered. */
  revoke(
    call: StoreCall,
    userId: string,
    revocation: { except?: string | undefined; tombstone: number; keep: number },
  ): Promise<number>;
  beginImport(call: StoreCall, importKey: string, tag: string, keep: number): Promise<ImportState>;
  endImport(call: StoreCall, importKey: string, keep: number): Promise<void>;
  /** Says how many expired sessions were removed: at most `limit`. */
  deleteExpired(call: StoreCall, limit: number): Promise<number>;
  loadMany(call: StoreCall, keys: string[]): Promise<Loaded[]>;
  deleteMany(call: StoreCall, keys: string[], tombstone: number): Promise<number>;
  close(): Promise<void>;
}
