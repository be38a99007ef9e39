// A complete store in one `Map`: the example of docs/custom-stores.md. It keeps every clause but S8, since nothing of it
// outlives the process. Each call runs to its end without waiting, so no other call is ever half-way: that alone is S1, S3, S7
// and S13. A store that waits for a database has to get the same from a transaction or a script.

import type {
  Created,
  ImportState,
  ListedRecord,
  Loaded,
  NewRecord,
  RecordChange,
  Regenerated,
  Saved,
  SessionStore,
  StoreCall,
  StoredLifetime,
  StoredRecord,
} from "ironkeep/store";

const DEFAULT_TOMBSTONE = 60_000;

interface User {
  /** Who proved before this who they are makes no session. */
  revokedBefore: number;
  until: number;
}

interface Marker {
  tag: string | undefined;
  done: boolean;
  until: number;
}

export interface MapStoreOptions {
  /** The most bytes that a session's data may have, in UTF-8. */
  dataLimit?: number;
}

export class MapStore implements SessionStore {
  readonly driver: string = "map";
  readonly #dataLimit: number;
  readonly #records = new Map<string, StoredRecord>();
  /** Until when a key has its tombstone. */
  readonly #tombstones = new Map<string, number>();
  readonly #users = new Map<string, User>();
  readonly #imports = new Map<string, Marker>();
  #closed = false;

  constructor({ dataLimit = 65_536 }: MapStoreOptions = {}) {
    this.#dataLimit = dataLimit;
  }

  create(call: StoreCall, key: string, record: NewRecord): Promise<Created> {
    return this.#run(call, (now) => this.#create(now, key, record));
  }

  load(call: StoreCall, key: string): Promise<Loaded> {
    return this.#run(call, (now) => this.#load(now, key));
  }

  save(call: StoreCall, key: string, expected: number, change: RecordChange): Promise<Saved> {
    return this.#run(call, (now): Saved => {
      this.#requireSize(change.data);
      const record = this.#live(now, key);
      if (record === undefined) return { outcome: "not-found" };
      if (record.version !== expected) return { outcome: "conflict", record: { ...record } };
      record.data = change.data;
      record.version += 1;
      record.writeToken = change.writeToken;
      if (change.label !== undefined) record.label = change.label;
      if (change.lifetime !== undefined) {
        record.absoluteExpiresAt = now + change.lifetime.maxAge;
        record.idle = change.lifetime.idle;
      }
      return { outcome: "done", version: record.version, expiresAt: see(record, now) };
    });
  }

  touch(call: StoreCall, key: string): Promise<number | null> {
    return this.#run(call, (now) => {
      const record = this.#live(now, key);
      return record === undefined ? null : see(record, now);
    });
  }

  delete(call: StoreCall, key: string, tombstone: number): Promise<boolean> {
    return this.#run(call, (now) => this.#end(now, key, tombstone));
  }

  regenerate(
    call: StoreCall,
    from: string,
    expected: number,
    to: string,
    record: NewRecord,
    tombstone: number,
  ): Promise<Regenerated> {
    return this.#run(call, (now): Regenerated => {
      this.#requireSize(record.data);
      const old = this.#live(now, from);
      if (old === undefined) return { outcome: "not-found" };
      if (old.version !== expected) return { outcome: "conflict", record: { ...old } };
      const created = this.#create(now, to, record, from);
      if (created.outcome === "done") this.#end(now, from, tombstone);
      return created;
    });
  }

  list(call: StoreCall, userId: string): Promise<ListedRecord[]> {
    return this.#run(call, (now) =>
      this.#ofUser(now, userId).map(({ key, record }) => ({
        key,
        createdAt: record.createdAt,
        lastSeenAt: record.lastSeenAt,
        authenticatedAt: record.authenticatedAt,
        expiresAt: record.expiresAt,
        label: record.label,
      })),
    );
  }

  count(call: StoreCall, userId: string): Promise<number> {
    return this.#run(call, (now) => this.#ofUser(now, userId).length);
  }

  revoke(
    call: StoreCall,
    userId: string,
    { except, tombstone, keep }: { except?: string | undefined; tombstone: number; keep: number },
  ): Promise<number> {
    return this.#run(call, (now) => {
      const before = this.#users.get(userId);
      this.#users.set(userId, {
        revokedBefore: Math.max(now, before?.revokedBefore ?? 0),
        until: Math.max(now + keep, before?.until ?? 0),
      });
      const ending = this.#ofUser(now, userId).filter(({ key }) => key !== except);
      for (const { key } of ending) this.#end(now, key, tombstone);
      return ending.length;
    });
  }

  beginImport(call: StoreCall, importKey: string, tag: string, keep: number): Promise<ImportState> {
    return this.#run(call, (now): ImportState => {
      const marker = this.#mark(now, importKey, { tag, done: false, until: now + keep });
      return marker.done || marker.tag === undefined
        ? { outcome: "done", tag: marker.tag }
        : { outcome: "open", tag: marker.tag };
    });
  }

  endImport(call: StoreCall, importKey: string, keep: number): Promise<void> {
    return this.#run(call, (now) => {
      this.#mark(now, importKey, { tag: undefined, done: true, until: now + keep }).done = true;
    });
  }

  deleteExpired(call: StoreCall, limit: number): Promise<number> {
    return this.#run(call, (now) => {
      const sessions = removeSome(this.#records, limit, ({ expiresAt }) => expiresAt <= now);
      let left = limit - sessions;
      left -= removeSome(this.#tombstones, left, (until) => until <= now);
      left -= removeSome(this.#users, left, ({ until }) => until <= now);
      removeSome(this.#imports, left, ({ until }) => until <= now);
      return sessions;
    });
  }

  loadMany(call: StoreCall, keys: string[]): Promise<Loaded[]> {
    return this.#run(call, (now) => keys.map((key) => this.#load(now, key)));
  }

  deleteMany(call: StoreCall, keys: string[], tombstone: number): Promise<number> {
    return this.#run(call, (now) => keys.filter((key) => this.#end(now, key, tombstone)).length);
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const map of [this.#records, this.#tombstones, this.#users, this.#imports]) map.clear();
  }

  /** Runs a call as a whole, or refuses it before anything is done (S9, S11). It never waits, so it meets every deadline. */
  async #run<T>({ now, signal }: StoreCall, work: (now: number) => T): Promise<T> {
    if (this.#closed) throw failure("ERR_STORE_CLOSED", "The store is closed: make a new one");
    if (signal?.aborted) throw failure("ERR_ABORTED", "The call was given up by its AbortSignal");
    return work(now);
  }

  /** A record that has not expired (S2). */
  #live(now: number, key: string): StoredRecord | undefined {
    const record = this.#records.get(key);
    return record !== undefined && record.expiresAt > now ? record : undefined;
  }

  #load(now: number, key: string): Loaded {
    const record = this.#live(now, key);
    if (record !== undefined) return { outcome: "found", record: { ...record } };
    return { outcome: this.#hasTombstone(now, key) ? "ended" : "absent" };
  }

  /** Everything is looked at before anything is changed. `instead`: the session that ends when this one begins. */
  #create(now: number, key: string, record: NewRecord, instead?: string): Created {
    this.#requireSize(record.data);
    if (this.#hasTombstone(now, key)) return { outcome: "ended" };
    const taken = this.#live(now, key);
    if (taken !== undefined) return { outcome: "exists", writeToken: taken.writeToken };
    const marker = record.import === undefined ? undefined : this.#marker(now, record.import);
    const isOpen = marker?.done === false && marker.tag === tagOf(key);
    if (record.import !== undefined && !isOpen) return { outcome: "ended" };
    const made = newRecord(now, record);
    if (this.#isRevoked(now, made)) return { outcome: "revoked" };
    const evicted = this.#evictedFor(now, record, instead);
    if (evicted === undefined) return { outcome: "full" };

    for (const old of evicted) this.#end(now, old, record.cap?.tombstone ?? DEFAULT_TOMBSTONE);
    if (marker !== undefined) marker.done = true;
    this.#records.set(key, made);
    return { outcome: "done", expiresAt: made.expiresAt, evicted };
  }

  #isRevoked(now: number, { userId, authenticatedAt }: StoredRecord): boolean {
    if (userId === undefined || authenticatedAt === undefined) return false;
    const user = this.#users.get(userId);
    return user !== undefined && user.until > now && authenticatedAt < user.revokedBefore;
  }

  /** The sessions that have to end for the cap of a new one, or `undefined` when it is refused. */
  #evictedFor(now: number, { userId, cap }: NewRecord, instead?: string): string[] | undefined {
    if (userId === undefined || cap === undefined) return [];
    const keys = this.#ofUser(now, userId).map(({ key }) => key);
    const others = keys.filter((key) => key !== instead);
    const surplus = others.length + 1 - cap.max;
    if (surplus <= 0) return [];
    return cap.onFull === "refuse" ? undefined : others.slice(0, surplus);
  }

  /** The sessions of a user, the oldest first (S10). A database would have an index for this. */
  #ofUser(now: number, userId: string): { key: string; record: StoredRecord }[] {
    return [...this.#records]
      .map(([key, record]) => ({ key, record }))
      .filter(({ record }) => record.userId === userId && record.expiresAt > now)
      .toSorted((a, b) => a.record.createdAt - b.record.createdAt);
  }

  /** Ends a session and leaves its tombstone (S4). Says whether there was one. */
  #end(now: number, key: string, tombstone: number): boolean {
    const was = this.#live(now, key) !== undefined;
    this.#records.delete(key);
    this.#tombstones.set(key, Math.max(now + tombstone, this.#tombstones.get(key) ?? 0));
    return was;
  }

  #hasTombstone(now: number, key: string): boolean {
    return (this.#tombstones.get(key) ?? now) > now;
  }

  #marker(now: number, importKey: string): Marker | undefined {
    const marker = this.#imports.get(importKey);
    return marker !== undefined && marker.until > now ? marker : undefined;
  }

  /** The marker of an import: `first` when nobody knows of it. It is kept at least as long as `first` would be. */
  #mark(now: number, importKey: string, first: Marker): Marker {
    const marker = this.#marker(now, importKey) ?? first;
    marker.until = Math.max(marker.until, first.until);
    this.#imports.set(importKey, marker);
    return marker;
  }

  /** S6: what is too large changes nothing. */
  #requireSize(data: string): void {
    if (Buffer.byteLength(data) <= this.#dataLimit) return;
    throw failure(
      "ERR_SESSION_TOO_LARGE",
      `The session's data has more than ${this.#dataLimit} bytes: keep less in it`,
    );
  }
}

/** The first two bytes of a key, which the sessions of a user have in common, and the record of an import with that. */
function tagOf(key: string): string {
  return Buffer.from(key, "base64url").subarray(0, 2).toString("base64url");
}

/** An error as the engine wants it: a plain `Error` with a code, and nothing of the session in its message. */
function failure(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

function newRecord(
  now: number,
  { data, writeToken, userId, authenticated, age, lifetime, label }: NewRecord,
): StoredRecord {
  const proof = userId === undefined ? authenticated : (authenticated ?? 0);
  return {
    data,
    version: 1,
    writeToken,
    userId,
    createdAt: now - age,
    lastSeenAt: now,
    authenticatedAt: proof === undefined ? undefined : now - proof,
    expiresAt: endOf(now, now + lifetime.maxAge, lifetime.idle),
    absoluteExpiresAt: now + lifetime.maxAge,
    idle: lifetime.idle,
    label,
  };
}

/** Begins the idle time again (S5): a clock that went back takes nothing away. Gives the session's end. */
function see(record: StoredRecord, now: number): number {
  record.lastSeenAt = Math.max(record.lastSeenAt, now);
  record.expiresAt = endOf(record.lastSeenAt, record.absoluteExpiresAt, record.idle);
  return record.expiresAt;
}

function endOf(seen: number, absolute: number, idle: StoredLifetime["idle"]): number {
  return idle === undefined ? absolute : Math.min(absolute, seen + idle);
}

/** Removes at most `limit` of a map (S12), and says how many. */
function removeSome<T>(map: Map<string, T>, limit: number, isOver: (value: T) => boolean): number {
  let removed = 0;
  for (const [key, value] of map) {
    if (removed >= limit) break;
    if (!isOver(value)) continue;
    map.delete(key);
    removed += 1;
  }
  return removed;
}
