/**
 * The seam between the helpers and what does the work. Everything above imports `#engine`, which the package resolves to
 * an implementation for the runtime; everything it may use is declared here.
 */

/** What `trySeal` and `tryUnseal` give when a key has to be derived first. */
export const NEEDS_KEY = null;

/** One password: what encrypts and what signs, each a password as text or a key as bytes. */
export interface PasswordInput {
  id?: string;
  encryption?: string | Uint8Array;
  integrity?: string | Uint8Array;
}

/** An entry of a map of passwords. */
export interface PasswordEntry {
  id: string;
  password: PasswordInput;
}

/** The forms that a password comes in. */
export type PasswordForm =
  | { form: "positional"; passwords: PasswordInput[] }
  | { form: "sealing"; password: PasswordInput; map: PasswordEntry[] }
  | { form: "map"; map: PasswordEntry[]; sessionRules: boolean };

/** The options of one half of a seal, as iron has them. */
export interface HalfInput {
  algorithm: string;
  saltBits: number;
  iterations: number;
  minPasswordLength: number;
}

/** The options of a sealer. Times are in milliseconds, lengths in characters. */
export interface SealerOptions {
  encryption?: HalfInput;
  integrity?: HalfInput;
  /** Lifetime of a seal, 0 for none. */
  ttl: number;
  /** How far clocks may differ. */
  skew: number;
  /** Added to the caller's time. */
  offset: number;
  /** Other numbers of PBKDF2 iterations that are read too. */
  alsoOpens: number[];
  /** One pair of salts a day where a derivation is expensive, else fresh ones for every seal. */
  epochSalts: boolean;
  maxTokenLength: number;
  /** The format that is written. `ik1` needs a ring. */
  format: "iron" | "ik1";
  /** Until when a sealer that writes ik1 reads Fe26.2 too, in milliseconds since the epoch; 0 for never. */
  acceptIronUntil: number;
  /** Whether ik1 deflates what gets shorter by it. */
  compress: boolean;
  /** What a token is bound to, by the formats that can bind it. */
  purpose: string;
  name: string;
  audience: string;
}

/** What a token held, where the token should be replaced by a new one. */
export interface StaleSeal {
  payload: string;
  /** Fewer PBKDF2 iterations protect it than are written now. */
  legacy: boolean;
  /** Another password than the one that seals opened it. */
  olderKey: boolean;
  /** It is in another format than is written now. */
  otherFormat: boolean;
}

/**
 * Seals and opens tokens with one password and one set of options.
 *
 * The `try` calls are synchronous and bounded. When they give {@link NEEDS_KEY}, await the `derive` call, which works off
 * the event loop, and call again. Times are milliseconds since the epoch. Errors carry a code.
 */
export interface Sealer {
  /** Whether the password looks typed rather than random. */
  readonly guessable: boolean;
  /** Throws what sealing would throw before it looks at the payload. */
  checkSealing(): void;
  trySeal(payload: string, now: number): string | typeof NEEDS_KEY;
  tryUnseal(token: string, now: number): string | StaleSeal | typeof NEEDS_KEY;
  deriveForSeal(now: number): Promise<void>;
  deriveForUnseal(token: string, now: number): Promise<void>;
  /** Derives on the calling thread. */
  sealSync(payload: string, now: number): string;
  /** Derives on the calling thread. */
  unsealSync(token: string, now: number): string | StaleSeal;
  /** A new CSRF token for the session with this id. Throws `ERR_KEY_WEAK` for a password that looks typed. */
  csrfToken(sessionId: string, now: number): string;
  /**
   * Whether a CSRF token was made for the session with this id, by a key that is still there. A promise where the keys have
   * to be read before that can be told.
   */
  verifyCsrfToken(sessionId: string, token: string, now: number): boolean | Promise<boolean>;
  /**
   * The cookie of the stored session with this id. Throws `ERR_KEY_WEAK` for a password that looks typed, and
   * `ERR_KEYRING_UNAVAILABLE` where keys have to be read first.
   */
  sessionCookie(id: string, now: number): string;
  /**
   * The id of a cookie that a key made which is still there, `null` for whatever else it is.
   *
   * @throws `ERR_KEY_UNKNOWN` for one that names a key which is not there, `ERR_KEYRING_UNAVAILABLE` as above.
   */
  openSessionCookie(value: string, now: number): PresentedId | null;
  /** Reads the keys that {@link sessionCookie} lacked, or that this cookie names. Where keys are not read there is none. */
  readKeys?(now: number, cookie?: string): Promise<void>;
}

/** What a cookie of a stored session holds. */
export interface PresentedId {
  /** The id, 34 bytes in base64url. */
  id: string;
  /** What the session is stored under. */
  key: string;
  /** An older key than the one that signs now made the cookie. */
  olderKey: boolean;
}

/** A key of a ring. */
export interface RingKeyInput {
  id: string;
  secret: string | Uint8Array;
  /** From when on it seals, in milliseconds since the epoch. */
  sealFrom: number;
}

/** What an operator may know of a key. */
export interface RingKeyInfo {
  id: string;
  sealFrom: number;
  isSealing: boolean;
  /** How many tokens it sealed and opened in this process. */
  sealed: number;
  opened: number;
}

/** Keys by id, which can be replaced while sealers use them. After `close` every call throws `ERR_KEYRING_CLOSED`. */
export interface EngineRing {
  /** @throws as {@link Engine.createRing}; nothing changes then. */
  replace(keys: RingKeyInput[]): void;
  info(now: number): RingKeyInfo[];
  /** Drops the keys and everything derived from them. */
  close(): void;
}

/** The options of a store of the engine. */
export type EngineStoreOptions =
  | {
      driver: "memory";
      maxData: number;
      maxBytes: number;
      maxEntries: number;
      whenFull: "evict" | "refuse";
      snapshot?: string;
      now: number;
    }
  | {
      driver: "redis";
      url?: string;
      cluster?: string[];
      sentinel?: { nodes: string[]; name: string; username?: string; password?: string };
      username?: string;
      password?: string;
      database?: number;
      prefix: string;
      deadline: number;
      wait?: { replicas: number; timeout: number };
      /** Without it nothing is done about outages. */
      resilience?: { retries: number; slow: number; openFor: number };
      publish: boolean;
      maxData: number;
    }
  | { driver: "sqlite"; path: string; synchronous: "full" | "normal"; maxData: number };

/** How a store fares: see `StoreStatus` of `js/store/types.ts`. */
export interface EngineStoreStatus {
  breaker: "closed" | "half-open" | "open";
  openFor: number;
  opened: number;
  recentCalls: number;
  recentFailures: number;
  calls: number;
  attempts: number;
  retries: number;
  failures: number;
  slow: number;
  unreached: number;
  refused: number;
}

/**
 * The calls of a session store, as numbers and texts: `js/store/lane.ts` makes promises of it.
 *
 * A call is its operation, its ticket, the caller's time, its deadline in milliseconds, whether it can be cancelled, and the
 * values of the operation: `js/store/calls.ts` writes them. An answer is its ticket, its outcome, and the values of the outcome; all
 * numbers, keys and tokens of all answers are one text. Where free texts or errors do not stand in it, it is the first element of an
 * array, and they follow. Every call that was submitted has one answer.
 */
export interface EngineCalls {
  /**
   * Makes calls, and gives the answers that are there by then. `wake` is called when there are more.
   *
   * @param numbers how many they are, and then those of all calls. They are read before this returns.
   * @param texts all texts, one behind the other: in one piece or in several, of which none splits a text.
   */
  submit(numbers: Float64Array, texts: string | string[], wake: () => void): string | unknown[];
  /** The answers that are there. */
  take(): string | unknown[];
  /** Gives a call up that can be cancelled. */
  cancel(ticket: number): void;
}

/** A session store of the engine, with the snapshots that one in memory may have. */
export interface EngineStore extends EngineCalls {
  /**
   * Begins a snapshot in the background, where something may have changed since the last one and none is being written.
   *
   * @throws once, what the last one that was begun here came to; the new one is begun all the same.
   */
  snapshot(): void;
  /** What an operator ought to know of the server, once one was connected to. */
  warning(): string | null;
  /** How it fares, where something is done about its outages. */
  status(): EngineStoreStatus | null;
}

/** A limit: its quota as a text, or in parts. */
export interface EngineLimit {
  name: string;
  quota?: string;
  limit?: number;
  /** Seconds, or a text. */
  window?: number | string;
  burst?: number;
}

/** The options of a limiter in memory. */
export interface EngineLimiterOptions {
  limits: EngineLimit[];
  maxKeys: number;
  maxBytes: number;
  /** A name under which all limiters of the process use the same buckets. */
  shared?: string;
}

/**
 * Token buckets in memory. Limits are named by their places, times are milliseconds of a clock that is never set back, and decisions
 * are texts that `js/limit/answer.ts` reads.
 */
export interface EngineRateLimiter {
  /** How many tokens each holds, and in how many seconds it fills, rounded up. */
  limits(): { limit: number; window: number }[];
  /** @throws `ERR_CONFIG` for a cost above the burst, as all of these. */
  consume(limit: number, key: string, cost: number, now: number): string;
  /** Takes from all in one step, or from none. */
  consumeAll(limits: readonly number[], keys: readonly string[], costs: readonly number[], now: number): string;
  peek(limit: number, key: string, cost: number, now: number): string;
  /** The memory of the calls that follow; see `js/limit/slate.ts`. */
  readonly slate: Uint8Array<ArrayBuffer>;
  /** Takes by the call on the slate, and answers there, or by a text as `consume` does. */
  consumeSlate(): string | null;
  /** Undoes by the receipt on the slate; `null` if that was done. */
  refundSlate(): string | null;
  /** Undoes a decision by its receipt, which is to be given once. */
  refund(receipt: string, now: number): boolean;
  reset(limit: number, key: string, now: number): void;
  /** @param duration in seconds, or a text. */
  penalize(limit: number, key: string, duration: number | string, now: number): boolean;
  counts(limit: number): { allowed: number; limited: number; degraded: number; keys: number; evictions: number };
}

/** The options of a limiter on Redis. */
export interface EngineRemoteLimiterOptions extends Omit<EngineLimiterOptions, "shared"> {
  store: {
    url?: string;
    cluster?: string[];
    sentinel?: { nodes: string[]; name: string; username?: string; password?: string };
    username?: string;
    password?: string;
    database?: number;
    prefix: string;
    deadline: number;
  };
  onStoreError: "open" | "closed" | "local";
  leaseSize?: number;
  leaseFraction?: number;
}

/** Token buckets in Redis. Its calls and answers have the form of {@link EngineCalls}, and none can be given up. */
export interface EngineRemoteRateLimiter extends Omit<EngineCalls, "cancel"> {
  limits(): { limit: number; window: number }[];
  /** Decides by leased tokens; `null` where Redis has to be asked. */
  tryConsume(limit: number, key: string, cost: number, now: number): string | null;
  counts(limit: number): ReturnType<EngineRateLimiter["counts"]>;
  /** Why decisions are degraded, once. */
  trouble(): string | null;
}

/** What an engine exports. */
export interface Engine {
  /** @throws `ERR_CONFIG` for a form of password that cannot work. */
  createSealer(password: PasswordForm, options: SealerOptions): Sealer;
  /** @throws `ERR_CONFIG` and `ERR_KEY_WEAK` for keys that are not as they have to be. */
  createRing(keys: RingKeyInput[]): EngineRing;
  createRingSealer(ring: EngineRing, options: SealerOptions): Sealer;
  /** @throws `ERR_CONFIG` for options that cannot work. */
  createStore(options: EngineStoreOptions): EngineStore;
  /** @throws `ERR_CONFIG` for quotas and ceilings that cannot work. */
  createRateLimiter(options: EngineLimiterOptions): EngineRateLimiter;
  /** @throws `ERR_CONFIG` for options that cannot work. */
  createRemoteRateLimiter(options: EngineRemoteLimiterOptions): EngineRemoteRateLimiter;
  /** A new key: 32 random bytes as base64url text. */
  randomKey(): string;
  /** A new id, 34 bytes in base64url, for a session of this user. An empty text is none. */
  newSessionId(userId: string): string;
  /** What all sessions of this user share, 2 bytes in base64url. For an empty text, which is no user, random ones. */
  sessionTag(userId: string): string;
  /** What the session with this id is stored under; `null` for what is no id. */
  storeKey(id: string): string | null;
  /** 16 random bytes in base64url, for one write. */
  writeToken(): string;
  /** What names the import of a sealed session, 32 bytes in base64url. */
  importKey(name: string, audience: string, sealedId: string, createdAt: number): string;
  /** The id of an imported session. */
  importedSessionId(tag: string, importKey: string): string;
  /** The version of the engine. */
  engineVersion(): string;
}
