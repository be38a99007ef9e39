import { storeKey } from "#engine";

import type { DataOf, SessionData, SessionDataT, SessionUpdate } from "../data.js";
import { ironkeepError } from "../errors.js";
import { nearest } from "../nearest.js";
import type { StandardSchemaV1 } from "../standard-schema.js";
import { type Stored, toStored } from "./context.js";
import { createSession } from "./create.js";
import { destroyMany, destroyUnread } from "./destroy.js";
import type { SessionListener } from "./events.js";
import { cookieOf } from "./ids.js";
import { openById, openSession, toSession } from "./open.js";
import { regenerateSession } from "./regenerate.js";
import { type ExtendOptions, extendSession, saveSession } from "./save.js";
import { liveSnapshot, type SessionSnapshot, snapshotOf } from "./snapshot.js";
import { newSession, notFound, type StoredSession } from "./state.js";
import { touchSession } from "./touch.js";
import type { BeginOptions, CallOptions, ListedSession, SessionEvents, StoredSessionOptions } from "./types.js";
import { listSessions, type RevokeOptions, revokeUser } from "./users.js";
import { Waiting } from "./waiting.js";

/** Records that one call of `cleanup` removes unless said otherwise. */
const CLEANUP_LIMIT = 1000;

const OPTIONS: ReadonlySet<string> = new Set<keyof StoredSessionOptions>([
  "store",
  "password",
  "name",
  "audience",
  "maxAge",
  "idleTimeout",
  "tombstone",
  "deadline",
  "onConflict",
  "schema",
  "onInvalid",
  "migrate",
]);

/** Options of {@link createSessions}, and the type of their schema if they have one. */
export type SessionsOptions<S extends StandardSchemaV1 | undefined = undefined> = StoredSessionOptions & {
  readonly schema?: S;
};

/**
 * Makes the sessions of a store usable without an event: for jobs, WebSockets and scripts. With the same store, password and
 * name these are the sessions that `useSession` has.
 *
 * @throws `ERR_CONFIG` for options that do not exist, cannot work, or need what the store cannot keep; `ERR_KEY_WEAK` for a
 * password that looks typed.
 */
export function createSessions<
  T extends SessionDataT = SessionDataT,
  S extends StandardSchemaV1 | undefined = undefined,
>(options: SessionsOptions<S>): Sessions<DataOf<T, S>> {
  if (typeof options !== "object" || options === null) {
    throw ironkeepError("ERR_CONFIG", "createSessions: needs options, with a `store`");
  }
  for (const key of Object.keys(options)) {
    if (OPTIONS.has(key)) continue;
    const meant = nearest(key, OPTIONS);
    throw ironkeepError(
      "ERR_CONFIG",
      `The session option "${key}" does not exist${meant ? `; did you mean "${meant}"?` : ""}`,
    );
  }
  return new Sessions(toStored(options));
}

/**
 * The sessions of a store.
 *
 * Every call takes a `deadline` and a `signal`. Every call throws `ERR_STORE_UNAVAILABLE`, `ERR_STORE_TIMEOUT` when the store
 * does not answer, `ERR_ABORTED`, and `ERR_STORE_CLOSED` after `close`: that is never "no session".
 */
export class Sessions<T extends SessionDataT = SessionDataT> {
  readonly #stored: Stored;

  /** @internal Use {@link createSessions}. */
  constructor(stored: Stored) {
    this.#stored = stored;
  }

  /**
   * Makes a session, and with `userId` signs that user in.
   *
   * @throws `ERR_SESSION_LIMIT` under a cap that refuses, `ERR_SESSION_TOO_LARGE`, `ERR_SCHEMA`.
   */
  async create(data?: SessionData<T>, options?: BeginOptions): Promise<SessionSnapshot<T>> {
    const session = newSession();
    Object.assign(session.data, data);
    await createSession(this.#stored, session, options);
    return liveSnapshot(session);
  }

  /** The session with this id; `undefined` when there is none. It is not touched. @throws `ERR_SCHEMA` with `onInvalid: "reject"`. */
  async get(id: string, call?: CallOptions): Promise<SessionSnapshot<T> | undefined> {
    return snapshotOf(await openById(this.#stored, id, call));
  }

  /** Several sessions at once, in the order of their ids. @throws as {@link get}. */
  async getMany(ids: readonly string[], call?: CallOptions): Promise<(SessionSnapshot<T> | undefined)[]> {
    const stored = this.#stored;
    const keys = ids.map((id) => storeKey(id));
    const asked = keys.filter((key) => key !== null);
    const loaded = await new Waiting(stored, call).ask((ask) => stored.store.loadMany(ask, asked));
    const byKey = new Map(asked.map((key, index) => [key, loaded[index]]));
    const sessions = keys.map(async (key, index) => {
      const found = key === null ? undefined : byKey.get(key);
      return found && key !== null
        ? snapshotOf<T>(await toSession(stored, ids[index] as string, key, found))
        : undefined;
    });
    return Promise.all(sessions);
  }

  /**
   * The session of a cookie's value, which is touched; `undefined` for one that is forged, and for a session that is over. For
   * who has the cookie and no event, such as a WebSocket server.
   *
   * @throws as {@link get}.
   */
  async validate(cookie: string, call?: CallOptions): Promise<SessionSnapshot<T> | undefined> {
    const session = await openSession(this.#stored, cookie, call);
    await touchSession(this.#stored, session, call);
    return snapshotOf(session);
  }

  /** The value of the session's cookie: a credential. @throws `ERR_CONFIG` for what is no id. */
  async cookie(id: string): Promise<string> {
    return cookieOf(this.#stored, { id });
  }

  /**
   * Merges a partial into the data, or what a function gives for a copy of it. A function runs again when somebody else was
   * first, and no two of its runs are both written.
   *
   * @throws `ERR_SESSION_NOT_FOUND`, `ERR_SESSION_CONFLICT`, `ERR_SESSION_TOO_LARGE`, `ERR_SCHEMA`; what the function throws.
   */
  async update(id: string, update: SessionUpdate<T>, call?: CallOptions): Promise<SessionSnapshot<T>> {
    return this.#change(id, call, async (session) => {
      await saveSession(this.#stored, session, update as SessionUpdate, call);
      return session;
    });
  }

  /**
   * Gives the session a new id, and with `userId` signs that user in; the old id ends. The data goes along, but for that of
   * another user.
   *
   * @throws as {@link update} and {@link create}; `ERR_SESSION_REVOKED`.
   */
  async regenerate(id: string, options?: BeginOptions): Promise<SessionSnapshot<T>> {
    return this.#change(id, options, (session) => regenerateSession(this.#stored, session, options));
  }

  /** Begins the session's life again, with `maxAge` and `idleTimeout` in seconds. @throws as {@link update}. */
  async extend(id: string, options?: ExtendOptions): Promise<SessionSnapshot<T>> {
    return this.#change(id, options, async (session) => {
      await extendSession(this.#stored, session, options);
      return session;
    });
  }

  /** Ends the session, and says whether it was there. */
  async delete(id: string, call?: CallOptions): Promise<boolean> {
    const key = storeKey(id);
    return key !== null && destroyUnread(this.#stored, id, key, call);
  }

  /** Ends several sessions at once, and says how many were there. Where somebody listens, each is a call of the store. */
  async deleteMany(ids: readonly string[], call?: CallOptions): Promise<number> {
    return destroyMany(this.#stored, ids, call);
  }

  /** The user's sessions, the oldest first. @throws `ERR_CONFIG` where the store cannot list. */
  async list(userId: string, call?: CallOptions): Promise<ListedSession[]> {
    return listSessions(this.#stored, userId, call);
  }

  /**
   * Ends the user's sessions, and says how many. Who signed in before now, in a seal that is yet to be imported too, gets no
   * session by that any more.
   *
   * @throws `ERR_CONFIG` where the store cannot.
   */
  async revoke(userId: string, options?: RevokeOptions): Promise<number> {
    return revokeUser(this.#stored, userId, options);
  }

  /** Removes expired sessions, at most `limit` of them, and says how many. Without it they are absent, and take their place. */
  async cleanup(options: CallOptions & { readonly limit?: number | undefined } = {}): Promise<number> {
    const { limit = CLEANUP_LIMIT } = options;
    if (!Number.isInteger(limit) || limit < 1) {
      throw ironkeepError("ERR_CONFIG", "cleanup: `limit` has to be a whole number of at least 1");
    }
    return new Waiting(this.#stored, options).ask((ask) => this.#stored.store.deleteExpired(ask, limit));
  }

  /**
   * Calls `listener` for what happens to these sessions in this process, by whomever: the h3 helpers too, with the same store
   * and name. What it throws harms nothing.
   *
   * @returns what ends the listening.
   */
  on<K extends keyof SessionEvents>(event: K, listener: SessionListener<K>): () => void {
    return this.#stored.events.on(event, listener);
  }

  /** Closes the store. It may be called again. */
  async close(): Promise<void> {
    await this.#stored.store.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #change(
    id: string,
    call: CallOptions | undefined,
    change: (session: StoredSession) => Promise<StoredSession>,
  ): Promise<SessionSnapshot<T>> {
    const session = await openById(this.#stored, id, call);
    if (session.status !== "stored") throw notFound();
    return liveSnapshot(await change(session));
  }
}
