import type { SessionStore } from "../store/types.js";

/** What the suite needs of a store to check it. */
export interface StoreHarness {
  /** Opens a new, empty store. It is called for each clause, and the suite closes what it gives. */
  create(): SessionStore | Promise<SessionStore>;
  /** Opens what a store held that the suite has closed. Without it the store is not persistent, and S8 says so. */
  reopen?(closed: SessionStore): SessionStore | Promise<SessionStore>;
  /** Moves the store's own clock so many milliseconds on. Without it the store goes by `call.now`. */
  advance?(ms: number): void | Promise<void>;
  /** The most bytes that the data of a session may have in this store, in UTF-8. @default 65_536 */
  dataLimit?: number;
}

/**
 * What a clause came to. `"cannot"`: the store says so itself, and refuses what needs the clause. `"not persistent"`: S8 of a
 * harness without `reopen`.
 */
export type ClauseResult = "kept" | "cannot" | "not persistent";

/** One clause of the contract of stores. */
export interface StoreClauseCheck {
  readonly clause: `S${number}`;
  /** The clause in a few words. */
  readonly title: string;
  /**
   * Checks it on a store of its own.
   *
   * @throws an `AssertionError` that says what is broken.
   */
  run(harness: StoreHarness): Promise<ClauseResult>;
}
