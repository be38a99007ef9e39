import type { SessionData, SessionDataT, SessionUpdate } from "../data.js";
import type { SessionPassword } from "../password.js";
import type { MigrateOptions } from "../sessions/types.js";
import type { SessionCap, SessionStore } from "../store/types.js";
import type { SessionRevocation } from "./revocation.js";
import type { StandardSchemaV1 } from "../standard-schema.js";

export type { SessionPassword } from "../password.js";
export type { DataOf, SessionData, SessionUpdate } from "../data.js";

/** Anything that headers are read from: a `Headers` object, of whatever package. */
export interface HeadersLike {
  get(name: string): string | null;
}

/**
 * An event of h3 v1 or v2, or what stands for one in WebSocket hooks.
 *
 * - h3 v1: `{ node: { req, res }, context }`.
 * - h3 v2: `{ req, res?, context? }`.
 * - WebSocket hooks: a crossws peer `{ request: { headers }, context }`, or its upgrade request `{ headers, context }`.
 */
export type SessionEvent =
  | { readonly node: { readonly req: object; readonly res: object }; context: object }
  | { readonly req: { readonly headers: HeadersLike }; readonly context?: object | undefined }
  | { readonly request: { readonly headers: HeadersLike }; readonly context: object }
  | { readonly headers: HeadersLike; readonly context: object };

/** A session: as it is sealed, or as a store has it. */
export interface Session<T extends SessionDataT = SessionDataT> {
  /** Empty inside a cached or prerendered handler, where there is no session, and with a store before the first write. */
  id: string;
  /** When the session was created, in milliseconds since the epoch. `maxAge` counts from here. 0 before a store has it. */
  createdAt: number;
  /** When the session was last sealed, in milliseconds since the epoch. Only kept with `idleTimeout`, which counts from here. */
  lastSeenAt?: number;
  data: SessionData<T>;
  /** Who signed in. Set by `regenerate({ userId })` alone. */
  readonly userId?: string;
  /** When that was, in milliseconds since the epoch. Every later seal of the session has it too. */
  readonly authenticatedAt?: number;
  /** Values that the next read of them takes out: see {@link SessionManager.flash}. */
  readonly flash?: Readonly<Record<string, unknown>>;
}

/** What `regenerate` does beside giving a new id. */
export interface RegenerateOptions {
  /** Signs this user in. */
  userId?: string;
  /** Stored sessions: what the session is called in a list, such as the name of a device. */
  label?: string | undefined;
  /** Stored sessions: the most sessions that the user may have. */
  cap?: SessionCap | undefined;
}

/** What `useSession` gives. All of it is read anew each time, and every function may be taken off on its own. */
export interface SessionManager<T extends SessionDataT = SessionDataT> {
  /** `undefined` once the session is cleared, and with a store before the first write. */
  readonly id: string | undefined;
  readonly data: SessionData<T>;
  /** Who signed in, by {@link regenerate}. */
  readonly userId: string | undefined;
  /** When, in milliseconds since the epoch. */
  readonly authenticatedAt: number | undefined;
  /** Changes the data and sets the cookie. Parallel updates of one request all survive. */
  readonly update: (update?: SessionUpdate<T>) => Promise<SessionManager<T>>;
  /** Puts other data in the place of all there is, and sets the cookie. */
  readonly replace: (data: SessionData<T>) => Promise<SessionManager<T>>;
  /**
   * Gives the session a new id. With `userId` it signs that user in: `authenticatedAt` is now, and `maxAge` counts from now.
   * The data goes along, but for that of another user.
   */
  readonly regenerate: (options?: RegenerateOptions) => Promise<SessionManager<T>>;
  /** Slides `idleTimeout` now, and not when half of it has passed. */
  readonly touch: () => Promise<SessionManager<T>>;
  /** `flash(key, value)` keeps a value until `flash(key)` takes it out, in this request or a later one. It is no part of `data`. */
  readonly flash: SessionFlash<T>;
  /** Ends the session and deletes the cookie. What is written afterwards starts a new session. With a store, as `destroy`. */
  readonly clear: () => Promise<SessionManager<T>>;
  /** `clear`, and other copies of the cookie end too, where there is a `store` or a `revocation`. */
  readonly destroy: () => Promise<SessionManager<T>>;
}

/** The two forms of {@link SessionManager.flash}. */
export interface SessionFlash<T extends SessionDataT = SessionDataT> {
  <V = unknown>(key: string): Promise<V | undefined>;
  (key: string, value: NonNullable<unknown> | null): Promise<SessionManager<T>>;
}

/** Attributes of the session's cookie. */
export interface SessionCookieOptions {
  domain?: string | undefined;
  /** Encodes the value, which needs no encoding by default. */
  encode?: ((value: string) => string) | undefined;
  expires?: Date | undefined;
  /** @default true */
  httpOnly?: boolean | undefined;
  /** Seconds. The session's own `maxAge` sets the cookie's expiry by itself. */
  maxAge?: number | undefined;
  /** @default "/" */
  path?: string | undefined;
  priority?: "low" | "medium" | "high" | undefined;
  /** @default "lax" */
  sameSite?: boolean | "lax" | "strict" | "none" | undefined;
  /** @default true */
  secure?: boolean | undefined;
  partitioned?: boolean | undefined;
  /** How long each part of a long token may be, in characters. @default 4000 */
  chunkMaxLength?: number | undefined;
}

/** iron's options, of which what is given replaces the default as a whole: a half has to be complete; and Ironkeep's format. */
export interface SessionSealOptions {
  /**
   * Ironkeep: the format that is written. `ik1` binds the session's name and `audience`, and needs a key ring.
   * @default "iron"
   */
  format?: "iron" | "ik1" | undefined;
  /** Ironkeep: until when a session that writes `ik1` reads Fe26.2 too. Fe26.2 binds neither name nor audience. @default never */
  acceptIronUntil?: number | Date | undefined;
  /**
   * Ironkeep: whether `ik1` deflates data that gets shorter by it. The length of a token tells what repeats in it: not for
   * sessions that hold a secret beside what an attacker can choose. @default false
   */
  compress?: boolean | undefined;
  encryption?: object | undefined;
  integrity?: object | undefined;
  /** Milliseconds; `maxAge` or `idleTimeout` by default. */
  ttl?: number | undefined;
  timestampSkewSec?: number | undefined;
  localtimeOffsetMsec?: number | undefined;
}

/** The configuration of a session: h3's, and what is marked as Ironkeep's. */
export interface SessionConfig {
  /**
   * The secret: at least 32 random characters, or 32 bytes. Ironkeep also takes `[current, previous]` and a map with
   * integer ids, of which the highest seals, and a ring of `createKeyring`. Without one: `NUXT_SESSION_PASSWORD`, then `SESSION_PASSWORD`.
   */
  password?: SessionPassword | undefined;
  /** Seconds from its creation after which a session ends, however active. */
  maxAge?: number | undefined;
  /** Seconds without a request after which a session ends. */
  idleTimeout?: number | undefined;
  /** The session's and the cookie's name. @default "h3" */
  name?: string | undefined;
  /** Attributes of the cookie; `false` sets none, ever. */
  cookie?: false | SessionCookieOptions | undefined;
  /** The request header that may carry the session instead of the cookie, or `false`. @default `x-${name}-session` */
  sessionHeader?: false | string | undefined;
  seal?: SessionSealOptions | undefined;
  /** Gives `randomUUID` for ids. */
  crypto?: { randomUUID(): string } | undefined;
  /** Gives the id of a new session. */
  generateId?: (() => string | null | undefined) | undefined;
  /** `false`: tokens with fewer PBKDF2 iterations than are written now are refused. @default true */
  legacySealFallback?: boolean | undefined;
  /** Ironkeep: the application that may read the session, where the format binds it (`ik1`). @default "" */
  audience?: string | undefined;
  /**
   * Ironkeep: `true`: `useSession` sets no cookie for a new session before something is written. With a store it never does.
   * @default false
   */
  lazy?: boolean | undefined;
  /**
   * Ironkeep: which PBKDF2 iterations are written: 1 (h3 v1's) or 2 (h3 v2's, 8192). Both are read.
   * @default the event's own h3
   */
  generation?: 1 | 2 | undefined;
  /** Ironkeep: `"fresh"` derives new keys for every seal of generation 2, as h3 does, at some 3 ms each. @default "epoch" */
  salts?: "epoch" | "fresh" | undefined;
  /**
   * Ironkeep: the most bytes that the session may take of a request's Cookie header, names and chunks in all. More is
   * `ERR_COOKIE_TOO_LARGE`, and the old cookie stays. @default what 100 cookies hold
   */
  maxCookieBytes?: number | undefined;
  /** Ironkeep: ends sessions before they expire. */
  revocation?: SessionRevocation | undefined;
  /**
   * Ironkeep: seconds that the revocation may take to answer; then the request is answered with 503, as when it fails.
   * @default 1
   */
  revocationTimeout?: number | undefined;
  /** Ironkeep: a Standard Schema for `data`, which is checked whenever it is read and before it is sealed. */
  schema?: StandardSchemaV1 | undefined;
  /**
   * Ironkeep: what a cookie means whose data the schema refuses: no session (`"reset"`), or the error `ERR_SCHEMA`
   * (`"reject"`). @default "reset"
   */
  onInvalid?: "reject" | "reset" | undefined;
  /** Ironkeep: where sessions are kept, so that the cookie holds a signed id alone. See docs/stored-sessions.md. */
  store?: SessionStore | undefined;
  /** Ironkeep, with a `store`: takes sealed sessions over. */
  migrate?: MigrateOptions | undefined;
  /** Ironkeep, with a `store`: milliseconds that a call may wait for it. @default that of the store, or 250 */
  deadline?: number | undefined;
  /** Ironkeep, with a `store`: seconds for which it is kept that a session ended. @default 60 */
  tombstone?: number | undefined;
  /** Ironkeep, with a `store`: `"throw"`: a write that another request was ahead of is `ERR_SESSION_CONFLICT`. @default "merge" */
  onConflict?: "merge" | "throw" | undefined;
  /** Ironkeep: `true`: options that do not exist, and cookies that browsers refuse, are `ERR_CONFIG` instead of a warning. */
  strict?: boolean | undefined;
}

/** A configuration whose sessions are kept in a store. */
export type StoredSessionConfig = SessionConfig & { readonly store: SessionStore };

/** A configuration, and the type of its schema if it has one. */
export type SessionConfigWith<S extends StandardSchemaV1 | undefined> = SessionConfig & { readonly schema?: S };
