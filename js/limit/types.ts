import type { RedisConnection } from "../store/redis-options.js";

/** A length of time: seconds, or a whole number with a unit (ms, s, m, h or d), such as `"1m"`. */
export type Span = number | string;

/** What may be spent: so many tokens in a window of time, and so many at once. */
export interface QuotaOptions {
  /** How many tokens come back in a window, from 1 to 10^9. */
  limit: number;
  /** The window, from 1 ms to 366 days. */
  window: Span;
  /** How many tokens may be spent at once. @default the limit */
  burst?: number | undefined;
}

/** A quota, as a text such as `"100/1m"` or in parts. */
export type Quota = string | QuotaOptions;

/** The key of a limiter with one limit, or those of several limits by their names; only a hash of each is kept. */
export type Keys<Name extends string = string> = string | { readonly [N in Name]?: string };

/** What to do while Redis does not answer: admit, refuse, or let this process alone decide, by buckets of its own. */
export type OnStoreError = "open" | "closed" | "local";

/** Buckets in Redis, shared by all processes that use the same prefix. */
export type RedisLimiterStore = RedisConnection & {
  driver: "redis";
  /** What all keys begin with: at most 64 printable ASCII characters, no spaces and no braces. @default "ironkeep:limit:" */
  prefix?: string | undefined;
};

/** Which limits: several by their names, or one. */
export type LimitOptions<Name extends string = string> =
  | {
      /** The limits by their names: printable ASCII without `"` and `\`, at most 64 characters each. At most 8. */
      limits: { readonly [N in Name]: Quota };
      name?: undefined;
      quota?: undefined;
    }
  | {
      /** The name of the one limit. @default "default" */
      name?: Name | undefined;
      quota: Quota;
      limits?: undefined;
    };

/** The ceiling of what is kept in the process: whichever is reached first. */
export interface CeilingOptions {
  /** Keys. @default 1000000 */
  maxKeys?: number | undefined;
  /** Bytes; a key takes 53 to 95 of them. @default 96000000 */
  maxBytes?: number | undefined;
}

/** A limiter in the process's memory. */
export type MemoryLimiterOptions<Name extends string = string> = LimitOptions<Name> &
  CeilingOptions & {
    store?: "memory" | { driver: "memory" } | undefined;
    /**
     * A name under which all limiters of the process, those of its worker threads included, use the same buckets. They have to have
     * the same ceiling. Without it a limiter's buckets are its own.
     */
    shared?: string | undefined;
    /** The time in milliseconds, by a clock that is never set back. @default that of `process.hrtime` */
    clock?: (() => number) | undefined;
  };

/** A limiter on Redis. */
export type RedisLimiterOptions<Name extends string = string> = LimitOptions<Name> &
  CeilingOptions & {
    store: RedisLimiterStore;
    /** What to do while Redis does not answer. The ceiling is that of `local`. @default "local" */
    onStoreError?: OnStoreError | undefined;
    /** How many milliseconds a call may wait for Redis. @default 250 */
    deadline?: number | undefined;
    /**
     * Draws tokens from Redis in batches and spends them here: far fewer calls of Redis, for a batch that other processes do not
     * have. `size` is in tokens, `fraction` a part of the burst. What a lease gave cannot be refunded.
     */
    lease?: { size: number; fraction?: undefined } | { fraction: number; size?: undefined } | undefined;
  };

/** The options of `createRateLimiter`. */
export type RateLimiterOptions<Name extends string = string> = MemoryLimiterOptions<Name> | RedisLimiterOptions<Name>;

/** One limit of a limiter, as it was read. */
export interface Policy<Name extends string = string> {
  readonly name: Name;
  /** How many tokens a full bucket holds: `q` of the field `RateLimit-Policy`. */
  readonly limit: number;
  /** In how many seconds an empty bucket fills, rounded up: `w` of the field `RateLimit-Policy`. */
  readonly window: number;
}

/** What one limit says. */
export interface PolicyDecision<Name extends string = string> {
  readonly policy: Name;
  /** Whether the cost was admitted. Of several limits, whether this one has the tokens: they are taken if all have. */
  readonly allowed: boolean;
  /** How many tokens the bucket holds when it is full. */
  readonly limit: number;
  /** Whole tokens that are left: `r` of the field `RateLimit`. None while a penalty lasts. */
  readonly remaining: number;
  /** Seconds until the same cost would be admitted, exactly; 0 when it was. `Math.ceil` makes a `Retry-After` of it. */
  readonly retryAfter: number;
  /** Seconds until the bucket is full and no penalty lasts. */
  readonly resetAfter: number;
  /** Until when a penalty lasts, in milliseconds since the epoch; it is not there when none does. */
  readonly blockedUntil?: number;
  /**
   * Whether another bucket than the key's own decided: one that keys share for want of room, one of this process, or none at all,
   * because Redis did not answer.
   */
  readonly degraded: boolean;
  /** When it was decided, in milliseconds by the clock of the buckets: that of Redis since the epoch, else that of the limiter. */
  readonly at: number;
}

/**
 * What came of a call. Of several limits it shows the one that decided: of those that refused, the one with the longest
 * `retryAfter`; if none did, the one with the fewest tokens left.
 */
export interface Decision<Name extends string = string> extends PolicyDecision<Name> {
  /** What each of the limits says that were asked, in the limiter's order. */
  readonly decisions: readonly PolicyDecision<Name>[];
}

/** How to consume or peek. */
export interface ConsumeOptions<Name extends string = string> {
  /** How many tokens, of all limits or of each: a whole number, at most its burst. 0 takes none. @default 1 */
  cost?: number | { readonly [N in Name]?: number } | undefined;
  /** The time, in milliseconds of the limiter's clock. Not on Redis, whose own clock decides. */
  now?: number | undefined;
}

/** What came of a policy's calls in this process so far, and what is kept of it here. */
export interface LimitCounts {
  /** Decisions that admitted. A refund takes nothing off. */
  allowed: number;
  /** Decisions that refused. Of several limits that were asked at once, those that had the tokens are not among them. */
  limited: number;
  /** Decisions, of either kind, that another bucket than the key's own made, or none. */
  degraded: number;
  /** Keys that are held in this process now. */
  keys: number;
  /** Keys that were given up although their bucket was not full. */
  evictions: number;
}

/** Token buckets by key. */
export interface RateLimiter<Name extends string = string> {
  /** The limits, in the order in which they were given. */
  readonly policies: readonly Policy<Name>[];
  /** Where the buckets are. */
  readonly driver: "memory" | "redis";
  /** What decides while Redis does not answer; not there in memory. */
  readonly onStoreError?: OnStoreError;
  /**
   * Takes the cost from the bucket of the key, or from all buckets of several keys, in one step: if one lacks it, nothing is
   * taken from any. Limits that no key is given for are not asked.
   *
   * @throws `ERR_CONFIG` for no key at all, a key that is no text, a limit that does not exist, and a cost above the burst.
   * `ERR_STORE_CLOSED` after `close`.
   */
  consume(key: Keys<Name>, options?: ConsumeOptions<Name>): Promise<Decision<Name>>;
  /** What {@link consume} would decide now. Takes and counts nothing. */
  peek(key: Keys<Name>, options?: ConsumeOptions<Name>): Promise<Decision<Name>>;
  /**
   * Undoes a decision of {@link consume}, once, if nothing was taken from its buckets since; else the tokens are lost. Whether all
   * of it was undone.
   */
  refund(decision: Decision<Name>): Promise<boolean>;
  /** Fills the bucket of the key, or of each of the keys, and ends its penalty. */
  reset(key: Keys<Name>): Promise<void>;
  /**
   * Refuses the key, or each of the keys, every cost for so long from now, or until the end of a longer penalty. Whether it is kept:
   * in memory it is not where no room under the ceiling can be made for it.
   */
  penalize(key: Keys<Name>, duration: Span): Promise<boolean>;
  /** The counts of each limit. */
  counts(): { readonly [N in Name]: LimitCounts };
  /** Ends the limiter, and its connection if it has one. May be called again. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Token buckets in the process's memory: the same calls, answered at once. */
export interface MemoryRateLimiter<Name extends string = string> extends RateLimiter<Name> {
  readonly driver: "memory";
  /** {@link RateLimiter.consume}, at once. */
  consumeSync(key: Keys<Name>, options?: ConsumeOptions<Name>): Decision<Name>;
  /** {@link RateLimiter.peek}, at once. */
  peekSync(key: Keys<Name>, options?: ConsumeOptions<Name>): Decision<Name>;
  /** {@link RateLimiter.refund}, at once. */
  refundSync(decision: Decision<Name>): boolean;
  /** {@link RateLimiter.reset}, at once. */
  resetSync(key: Keys<Name>): void;
  /** {@link RateLimiter.penalize}, at once. */
  penalizeSync(key: Keys<Name>, duration: Span): boolean;
}
