/**
 * Rate limits: token buckets by key, in this process.
 *
 * @module
 */
import { MemoryLimiter } from "./memory-limiter.js";
import { readDriver, readMemoryOptions } from "./options.js";
import type { MemoryLimiterOptions, MemoryRateLimiter, RateLimiter, RateLimiterOptions } from "./types.js";

export type * from "./types.js";

/**
 * Makes a rate limiter.
 *
 * @param options which limits, and where their buckets are.
 * @throws `ERR_CONFIG` for options that do not exist or cannot work; the message names them.
 */
export function createRateLimiter<const Name extends string = "default">(
  options: MemoryLimiterOptions<Name>,
): MemoryRateLimiter<Name>;
export function createRateLimiter<const Name extends string = "default">(
  options: RateLimiterOptions<Name>,
): RateLimiter<Name>;
export function createRateLimiter<Name extends string>(options: RateLimiterOptions<Name>): RateLimiter<Name> {
  readDriver(options);
  return new MemoryLimiter(readMemoryOptions(options as MemoryLimiterOptions<Name>));
}
