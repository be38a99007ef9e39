import type { Keyring } from "../keyring/index.js";
import type { Password, PasswordHash, PasswordSecret, PasswordSpecific } from "../password.js";

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

// oxlint-disable-next-line typescript/no-explicit-any -- h3's own type: an interface has no index signature to fit `unknown`
type SessionDataT = Record<string, any>;

/** The data of a session. */
export type SessionData<T extends SessionDataT = SessionDataT> = Partial<T>;

/** A session as it is sealed. */
export interface Session<T extends SessionDataT = SessionDataT> {
  /** Empty inside a cached or prerendered handler, where there is no session. */
  id: string;
  /** When the session was created, in milliseconds since the epoch. `maxAge` counts from here. */
  createdAt: number;
  /** When the session was last sealed, in milliseconds since the epoch. Only kept with `idleTimeout`, which counts from here. */
  lastSeenAt?: number;
  data: SessionData<T>;
}

/** A partial to merge into the data, or a function that gives one or changes the data in place, and may be async. */
export type SessionUpdate<T extends SessionDataT = SessionDataT> =
  | Partial<SessionData<T>>
  | ((
      oldData: SessionData<T>,
    ) => Partial<SessionData<T>> | undefined | void | Promise<Partial<SessionData<T>> | undefined | void>);

/** What `useSession` gives. `id` and `data` are read anew each time. */
export interface SessionManager<T extends SessionDataT = SessionDataT> {
  /** `undefined` once the session is cleared. */
  readonly id: string | undefined;
  readonly data: SessionData<T>;
  /** Changes the data and sets the cookie. Parallel updates of one request all survive. */
  update: (update?: SessionUpdate<T>) => Promise<SessionManager<T>>;
  /** Ends the session and deletes the cookie. What is written afterwards starts a new session. */
  clear: () => Promise<SessionManager<T>>;
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

/** The forms of a password, each for sealing and opening. */
export type SessionPassword =
  | Keyring
  | Password
  | readonly [current: Password, previous?: Password]
  | readonly Password[]
  | PasswordSecret
  | PasswordSpecific
  | PasswordHash;

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
  /** Ironkeep: `true`: `useSession` sets no cookie for a new session before something is written. @default false */
  lazy?: boolean | undefined;
  /**
   * Ironkeep: which PBKDF2 iterations are written: 1 (h3 v1's) or 2 (h3 v2's, 8192). Both are read.
   * @default the event's own h3
   */
  generation?: 1 | 2 | undefined;
  /** Ironkeep: `"fresh"` derives new keys for every seal of generation 2, as h3 does, at some 3 ms each. @default "epoch" */
  salts?: "epoch" | "fresh" | undefined;
}
