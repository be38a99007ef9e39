import { ironkeepError } from "../errors.js";

/** Users, their sessions, and sessions of nobody that are kept unless said otherwise: some 10 MB each. */
const MAX_ENTRIES = 100_000;

/**
 * Ends sealed sessions before they expire. It is asked whenever a session is read from its token, so it should be fast; it may
 * give promises. An error of it is an outage: the request is answered with 503 and no cookie, so that nobody is signed out
 * or let in by it.
 */
export interface SessionRevocation {
  /**
   * The instant, in milliseconds since the epoch, before which every sign-in of this user is ended, if there is one. A session
   * that tells no time of its sign-in is older than any.
   */
  notBefore(userId: string): number | undefined | Promise<number | undefined>;
  /** Whether the session of this id is ended by itself. */
  isRevoked?(sessionId: string): boolean | Promise<boolean>;
  /**
   * Ends the session of this id; `destroy` calls it. No token of the session is good after `until` (milliseconds since the
   * epoch; `Infinity` without `maxAge` and `idleTimeout`), so it may be forgotten then. `userId` is who was signed in, if
   * anybody was: a session without a user is one that any stranger can start and end, as often as he likes.
   */
  revokeSession?(sessionId: string, until: number, userId?: string): void | Promise<void>;
}

/** A revocation in the memory of this process. */
export interface Revocations extends SessionRevocation {
  notBefore(userId: string): number | undefined;
  isRevoked(sessionId: string): boolean;
  /**
   * Keeps sessions of users apart from those of nobody, so that strangers fill the place of strangers alone.
   *
   * @throws `ERR_STORE_UNAVAILABLE` when it is full: nothing that is ended is forgotten to make room.
   */
  revokeSession(sessionId: string, until?: number, userId?: string): void;
  /**
   * Ends the sessions of a user who signed in before `before`, which is now by default, so that who signs in afterwards is
   * signed in. An earlier instant than the last one changes nothing; `Infinity` ends all that will ever be.
   *
   * @param before milliseconds since the epoch.
   * @throws `ERR_STORE_UNAVAILABLE` when it is full; `ERR_CONFIG` for what is no instant.
   */
  revokeUser(userId: string, before?: number): void;
}

/** Options of {@link createRevocations}. */
export interface RevocationsOptions {
  /** The sessions' own `maxAge` in seconds: what is older than that is forgotten. Without it users are kept for good. */
  maxAge?: number | undefined;
  /** How many users are kept, how many sessions of users, and how many of nobody. @default 100_000 */
  maxEntries?: number | undefined;
}

/**
 * Makes a revocation that is kept in the memory of this process: other processes do not see it, and a restart forgets it. For
 * one process and for tests; where several serve one app, implement {@link SessionRevocation} over what they share.
 *
 * @throws `ERR_CONFIG` for options that are no numbers, or negative.
 */
export function createRevocations(options: RevocationsOptions = {}): Revocations {
  const { maxAge, maxEntries = MAX_ENTRIES } = options;
  requireCount("maxAge", maxAge ?? 0, "seconds");
  requireCount("maxEntries", maxEntries, "entries");
  const users = new Ending<number>(maxEntries);
  const sessions = new Ending<true>(maxEntries);
  const anonymous = new Ending<true>(maxEntries);
  return {
    notBefore: (userId) => users.get(userId),
    isRevoked: (sessionId) => (sessions.get(sessionId) ?? anonymous.get(sessionId)) === true,
    revokeSession(sessionId, until = Number.POSITIVE_INFINITY, userId) {
      (userId === undefined ? anonymous : sessions).set(sessionId, true, until);
    },
    revokeUser(userId, before = Date.now()) {
      if (typeof before !== "number" || Number.isNaN(before)) {
        throw ironkeepError("ERR_CONFIG", "revokeUser: `before` has to be a number of milliseconds since the epoch");
      }
      const notBefore = Math.max(before, users.get(userId) ?? before);
      users.set(userId, notBefore, notBefore + (maxAge || Number.POSITIVE_INFINITY) * 1000);
    },
  };
}

/** What is no number would be no bound, or an end that has passed. */
function requireCount(option: string, count: unknown, what: string): void {
  if (typeof count === "number" && count >= 0) return;
  throw ironkeepError("ERR_CONFIG", `createRevocations: ${option} has to be a number of ${what}, 0 or more`);
}

/** A map with a bound, whose entries end. */
class Ending<V> {
  readonly #max: number;
  readonly #entries = new Map<string, { readonly value: V; readonly end: number }>();
  /** No entry ends before: a full map need not be looked through for those that have. */
  #soonest = Number.POSITIVE_INFINITY;

  constructor(max: number) {
    this.#max = max;
  }

  get(key: string): V | undefined {
    const entry = this.#entries.get(key);
    return entry && entry.end > Date.now() ? entry.value : undefined;
  }

  /** Keeps `value` until `end`, or until the end that it has, whichever is later. */
  set(key: string, value: V, end: number): void {
    const known = this.#entries.get(key);
    if (!known && this.#entries.size >= this.#max) this.#sweep(Date.now());
    if (!known && this.#entries.size >= this.#max) {
      throw ironkeepError(
        "ERR_STORE_UNAVAILABLE",
        `createRevocations is full with ${this.#max} entries that have not ended: raise maxEntries, or give sessions a shorter life`,
      );
    }
    // What is no instant never comes: too long is the safe side.
    const last = Number.isNaN(end) ? Number.POSITIVE_INFINITY : Math.max(end, known?.end ?? end);
    this.#entries.set(key, { value, end: last });
    this.#soonest = Math.min(this.#soonest, last);
  }

  #sweep(now: number): void {
    if (now < this.#soonest) return;
    this.#soonest = Number.POSITIVE_INFINITY;
    for (const [key, { end }] of this.#entries) {
      if (end <= now) this.#entries.delete(key);
      else this.#soonest = Math.min(this.#soonest, end);
    }
  }
}
