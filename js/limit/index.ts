/**
 * Rate limits: token buckets by key, in this process or in Redis.
 *
 * @module
 */
import { MemoryLimiter } from "./memory-limiter.js";
import { readDriver, readMemoryOptions, readRedisOptions } from "./options.js";
import { RedisLimiter } from "./redis-limiter.js";
import type {
  MemoryLimiterOptions,
  MemoryRateLimiter,
  RateLimiter,
  RateLimiterOptions,
  RedisLimiterOptions,
} from "./types.js";

export type * from "./types.js";

/**
 * Makes a rate limiter. Redis is connected to by the first call, and an open limiter does not keep the process alive.
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
  if (readDriver(options) === "redis") return new RedisLimiter(readRedisOptions(options as RedisLimiterOptions<Name>));
  return new MemoryLimiter(readMemoryOptions(options as MemoryLimiterOptions<Name>));
}
