import assert from "node:assert/strict";

import type {
  Created,
  NewRecord,
  RecordChange,
  SessionStore,
  StoreCall,
  StoreClause,
  StoredRecord,
} from "../store/types.js";
import type { StoreHarness } from "./harness.js";

const HOUR = 3_600_000;

/** How long the sessions of the suite live, unless a clause says otherwise. */
export const LIFETIME = { maxAge: HOUR } as const;

/** How long tombstones are kept. */
export const TOMBSTONE = 60_000;

/** Users with the tag of their keys, which is a hash of their id: nothing here may compute it. */
export const USERS = {
  alice: { id: "alice", tag: [0x82, 0x78] },
  bob: { id: "bob", tag: [0xba, 0x6c] },
  /** Whose id is a pattern that finds alice where ids are not quoted. */
  pattern: { id: "al*", tag: [0x6a, 0x2a] },
  /** Whose id has what keys are often joined with, and more than ASCII. */
  odd: { id: "carol:zoë", tag: [0xc0, 0xeb] },
} as const;

export type User = (typeof USERS)[keyof typeof USERS];

/** One store with one clause's sessions in it. Nothing in it is random: what fails, fails again. */
export class Scene {
  store: SessionStore;
  readonly harness: StoreHarness;
  readonly dataLimit: number;
  /**
   * The time of the calls. It begins two hours ago, since a store that several processes share may sweep only what the system's
   * clock calls expired too.
   */
  #now = Date.now() - 2 * HOUR;
  #count = 0;

  private constructor(harness: StoreHarness, store: SessionStore) {
    this.harness = harness;
    this.store = store;
    this.dataLimit = harness.dataLimit ?? 65_536;
  }

  static async open(harness: StoreHarness): Promise<Scene> {
    return new Scene(harness, await harness.create());
  }

  get call(): StoreCall {
    return { now: this.#now };
  }

  cannot(clause: StoreClause): boolean {
    return this.store.cannot?.includes(clause) ?? false;
  }

  async advance(ms: number): Promise<void> {
    this.#now += ms;
    await this.harness.advance?.(ms);
  }

  /** A key that was never used, with the tag of its user or of its import. */
  key(owner?: { readonly tag: readonly [number, number] }): string {
    const key = Buffer.alloc(34, 7);
    this.#count += 1;
    key.writeUInt16BE(this.#count, 0);
    key.writeUInt32BE(this.#count, 30);
    if (owner !== undefined) key.set(owner.tag);
    return key.toString("base64url");
  }

  /** What names an import. */
  importKey(): string {
    return this.#bytes(32);
  }

  /** A new session, with a write token that was never used. */
  fresh(given: Partial<NewRecord> = {}): NewRecord {
    return { data: '{"n":0}', writeToken: this.#bytes(16), age: 0, lifetime: LIFETIME, ...given };
  }

  /** A change of one, likewise. */
  change(given: Partial<RecordChange> = {}): RecordChange {
    return { data: '{"n":1}', writeToken: this.#bytes(16), ...given };
  }

  /** Makes a session and gives its key. */
  async begin(given: Partial<NewRecord> = {}, user?: User): Promise<string> {
    const key = this.key(user);
    const owner = user === undefined ? {} : { userId: user.id };
    isDone(await this.store.create(this.call, key, this.fresh({ ...owner, ...given })));
    return key;
  }

  /** The session under a key, which has to be there. */
  async record(key: string): Promise<StoredRecord> {
    const loaded = await this.store.load(this.call, key);
    assert.ok(loaded.outcome === "found", `the session is there, and not ${loaded.outcome}`);
    return loaded.record;
  }

  /** What `load` says of a key. */
  async outcome(key: string): Promise<"found" | "ended" | "absent"> {
    return (await this.store.load(this.call, key)).outcome;
  }

  #bytes(length: number): string {
    const bytes = Buffer.alloc(length, 9);
    this.#count += 1;
    bytes.writeUInt32BE(this.#count, 0);
    return bytes.toString("base64url");
  }
}

/** Asserts that a session was made. */
export function isDone(created: Created | { outcome: string }): void {
  assert.equal(created.outcome, "done", "the session is made");
}

/** Asserts that a call is refused with a code. */
export async function fails(call: Promise<unknown>, code: string, what: string): Promise<void> {
  const error: unknown = await call.then(
    () => assert.fail(`${what} is fulfilled, and not refused with ${code}`),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof Error && "code" in error, `${what} is refused with an Error that has a code`);
  assert.equal(error.code, code, `${what} is refused with ${code}`);
}

/** Runs something so many times at once. */
export function atOnce<T>(times: number, work: (index: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: times }, (_, index) => work(index)));
}
