import type { SessionData } from "../data.js";
import type { SessionPassword } from "../password.js";
import type { StandardSchemaV1 } from "../standard-schema.js";
import type { SessionCap, SessionStore } from "../store/types.js";

export type { SessionCap, SessionStore } from "../store/types.js";

/** How sealed sessions, whose cookie holds the data, become stored ones. */
export interface MigrateOptions {
  /**
   * Until when they are taken over. It may be moved to an earlier instant later, never to a later one: what says that a sealed
   * session has ended is forgotten a minute after this.
   */
  readonly until: Date | number;
  /** The user of a sealed session that names none itself, as those of h3 do. */
  readonly userId?: ((data: SessionData) => string | undefined) | undefined;
}

/** What stored sessions are like, whoever uses them. Times are in seconds, but for those named otherwise. */
export interface StoredSessionOptions {
  /** Where they are kept. */
  readonly store: SessionStore;
  /**
   * Signs the ids in cookies: a ring of `createKeyring`, or a password of at least 32 random characters. Without one:
   * `NUXT_SESSION_PASSWORD`, then `SESSION_PASSWORD`.
   */
  readonly password?: SessionPassword | undefined;
  /** The sessions' name, and that of their cookie. @default "h3" */
  readonly name?: string | undefined;
  /** The application whose cookies these are. @default "" */
  readonly audience?: string | undefined;
  /**
   * Seconds from its creation after which a session ends, however active.
   * @default 30 days; 400 days with an `idleTimeout`
   */
  readonly maxAge?: number | undefined;
  /** Seconds without a request after which a session ends. */
  readonly idleTimeout?: number | undefined;
  /**
   * Seconds for which the id of a session that ended is kept, so that a request that is still under way writes nothing. At
   * least as long as the longest request. @default 60
   */
  readonly tombstone?: number | undefined;
  /** Milliseconds that a call may wait for the store. @default that of the store, or 250 */
  readonly deadline?: number | undefined;
  /**
   * What happens when somebody else changed the session meanwhile. `"merge"`: a function runs again on what is there, of a
   * partial each key is set, data that was changed directly is merged by keys. `"throw"`: `ERR_SESSION_CONFLICT`.
   * @default "merge"
   */
  readonly onConflict?: "merge" | "throw" | undefined;
  /** A Standard Schema for `data`, which is checked whenever it is read and before it is written. */
  readonly schema?: StandardSchemaV1 | undefined;
  /**
   * What a session means whose data the schema refuses when it is read: no session (`"reset"`), or the error `ERR_SCHEMA`
   * (`"reject"`). @default "reset"
   */
  readonly onInvalid?: "reject" | "reset" | undefined;
  /** Takes sealed sessions over. */
  readonly migrate?: MigrateOptions | undefined;
}

/** What every call may be given. */
export interface CallOptions {
  /** Milliseconds that this call may wait for the store. @default that of the sessions */
  readonly deadline?: number | undefined;
  /** Gives the call up: `ERR_ABORTED`. */
  readonly signal?: AbortSignal | undefined;
}

/** Of a session that is made, or gets a new id. */
export interface BeginOptions extends CallOptions {
  /** Signs this user in, now. */
  readonly userId?: string | undefined;
  /** What the session is called in a list, such as the name of a device. */
  readonly label?: string | undefined;
  /** The most sessions of the user. */
  readonly cap?: SessionCap | undefined;
}

/** Which session an event is about. */
export interface SessionEventBase {
  /** The session's id, where it is known: of sessions that end together only the handles are. It is no credential. */
  readonly id?: string | undefined;
  /** What the session is called in lists. */
  readonly handle: string;
  readonly userId?: string | undefined;
}

/** The events, by name. */
export interface SessionEvents {
  created: SessionEventBase & { readonly imported: boolean };
  updated: SessionEventBase;
  /** `previous`: the handle that the session had. */
  regenerated: SessionEventBase & { readonly previous: string };
  destroyed: SessionEventBase;
  /** Somebody came with the id of a session that is over, or is no longer there. It may be told more than once. */
  expired: SessionEventBase;
  /** All sessions of a user ended, but for the one with the handle `except`. */
  revoked: { readonly userId: string; readonly count: number; readonly except?: string | undefined };
  /**
   * Somebody else changed the session meanwhile. `keys`: those of the data that both wrote. `outcome`: whether this call goes
   * on (`"retry"`) or was refused.
   */
  conflict: SessionEventBase & { readonly keys: readonly string[]; readonly outcome: "refused" | "retry" };
}

/** A session in a list. */
export interface ListedSession {
  /** Names the session among the user's, to a page too: it is no credential, and nothing takes it for one. */
  readonly handle: string;
  readonly createdAt: number;
  /** When it was last written or touched: with an idle time at most a tenth of that ago. */
  readonly lastSeenAt: number;
  readonly authenticatedAt: number | undefined;
  readonly expiresAt: number;
  readonly label: string | undefined;
  /** Ends it, and says whether it was still there. */
  readonly end: (call?: CallOptions) => Promise<boolean>;
}
