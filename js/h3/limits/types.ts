import type { ConsumeOptions, Decision, LimitCounts, Quota, RateLimiter } from "../../limit/types.js";
import type { SessionConfig } from "../types.js";
import type { ClientAddressOptions, RateLimitEvent } from "./client-address.js";

/**
 * Who shares a bucket.
 *
 * - `"address"`: the client's address.
 * - `"user"`: who signed in, by `userId` of the session. `"session"`: the session. Both need `session`.
 * - `"route"`: the pattern of the matched route, where h3 tells it; in a middleware of h3 1 it does not, and all are one.
 * - `"all"`: everybody.
 * - A function of the event gives a key of its own. An empty text, `null`, `undefined` and whatever is no text or number is none.
 */
export type RateLimitSource<E = RateLimitEvent> =
  | "address"
  | "all"
  | "route"
  | "session"
  | "user"
  | ((event: E) => RateLimitKey | Promise<RateLimitKey>);

/** What a function may give as a key. */
export type RateLimitKey = string | number | bigint | null | undefined;

/** One limit: whom it counts, and how. */
export interface RateLimitRule<E = RateLimitEvent> {
  /** What each bucket holds, such as `"100/1m"`. With a `limiter` it is that of the limiter. */
  readonly quota?: Quota | undefined;
  /** Who shares a bucket; of several sources, each combination has one. @default "address" */
  readonly by?: RateLimitSource<E> | readonly RateLimitSource<E>[] | undefined;
  /**
   * What counts for a request without what `by` names: its address, or one bucket for all such requests. `"skip"`: this limit
   * is not asked. Requests without an address share a bucket. @default "address"
   */
  readonly whenMissing?: "address" | "shared" | "skip" | undefined;
}

/** Which limits: one, several by their names, or those of a limiter. */
export interface RateLimitOptions<E = RateLimitEvent> extends RateLimitRule<E> {
  /**
   * What the one limit is called, in the response and in counts. Limits of one name and quota share their buckets, wherever they
   * are asked: give each route that is to have its own another name. @default "default"
   */
  readonly name?: string | undefined;
  /** Several limits by their names, in the place of `name`, `quota`, `by` and `whenMissing`: all have to admit a request. */
  readonly limits?: Readonly<Record<string, RateLimitRule<E>>> | undefined;
  /** Where the buckets are, such as a `createRateLimiter` on Redis. @default the memory of this process */
  readonly limiter?: RateLimiter | undefined;
  /** What a request costs, of all limits or of each by name. @default 1 */
  readonly cost?: RateLimitCost | ((event: E) => RateLimitCost | Promise<RateLimitCost>) | undefined;
  /** Requests that are not counted: those for which it gives `true`. */
  readonly skip?: ((event: E) => boolean | Promise<boolean>) | undefined;
  /** Counts and tells `onLimited`, and refuses nothing. The response says nothing of it. @default false */
  readonly dryRun?: boolean | undefined;
  /** Addresses and networks that are not counted. */
  readonly allow?: readonly string[] | undefined;
  /** Addresses and networks that are refused with 403, whatever `allow` and `skip` say. */
  readonly deny?: readonly string[] | undefined;
  /** Whose word about the client's address is taken. @default the connection's alone */
  readonly address?: ClientAddressOptions | undefined;
  /** The session of `"user"` and `"session"`. */
  readonly session?: SessionConfig | undefined;
  /** The fields of responses: the draft's `RateLimit`, the older `X-RateLimit-*`, both or none. @default "ratelimit" */
  readonly fields?: "both" | "none" | "ratelimit" | "x-ratelimit" | undefined;
  /** The body of a refusal: problem details (RFC 9457), or `{ error: { code, message } }`. @default "problem" */
  readonly body?: "error" | "problem" | undefined;
  /** The text in the body of a refusal. */
  readonly message?: string | undefined;
  /** Is told of every request that is refused, or would be without `dryRun`. One that fails is a warning, once. */
  readonly onLimited?: ((event: E, decision: RateLimitDecision) => void) | undefined;
}

/** A cost of all limits, or of each by its name. */
export type RateLimitCost = NonNullable<ConsumeOptions["cost"]>;

/** What came of a request. */
export interface RateLimitDecision extends Decision {
  /**
   * - `"admitted"`: it was counted. `"limited"`: a limit refused it.
   * - `"exempt"`: nothing was counted, by `allow`, `skip` or `whenMissing: "skip"`. The numbers are infinite.
   * - `"denied"`: by `deny`.
   * - `"unavailable"`: Redis did not answer, and the limiter's `onStoreError` is `"closed"`: nobody knows what is left.
   *
   * `allowed` is `true` for all that may go on: with `dryRun` for what is limited or denied, too.
   */
  readonly outcome: "admitted" | "denied" | "exempt" | "limited" | "unavailable";
}

/** What {@link defineRateLimit} gives: a middleware for h3 v1 and v2. */
export interface RateLimit<E = RateLimitEvent> {
  /** The body of a refusal, whose status and headers are set; `undefined` for a request that may go on. */
  (event: E): string | undefined | Promise<string | undefined>;
  /** h3 v1's mark of an event handler. */
  readonly __is_handler__: true;
  /** Puts the limit in front of a handler. */
  wrap<H extends E, R>(
    handler: (event: H) => R,
  ): ((event: H) => Promise<Awaited<R> | string>) & { readonly __is_handler__: true };
  /** The limiter: to `reset` or `penalize` a key of a function's, to `refund`. */
  readonly limiter: RateLimiter;
  /** What came of the requests of this process so far, for each limit. */
  counts(): Readonly<Record<string, LimitCounts>>;
}
