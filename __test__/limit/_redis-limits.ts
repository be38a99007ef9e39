// Limiters on a Redis of the tests.

import { createRateLimiter, type LimitOptions, type RedisLimiterOptions } from "ironkeep/limit";
import { onTestFinished } from "vitest";

import type { RedisServer } from "../store/_redis.ts";

let prefixes = 0;

/** What says where the buckets are: under keys that no other test has. */
export function storeOn(server: RedisServer) {
  return { driver: "redis" as const, url: server.url, prefix: `limit-${process.pid}-${prefixes++}:` };
}

type Limits<Name extends string> = LimitOptions<Name> & Partial<RedisLimiterOptions<Name>>;

/** A limiter that is closed when the test ends. Its deadline is far over what any call takes on a busy machine. */
export function limiterOn<const Name extends string = "default">(server: RedisServer, options: Limits<Name>) {
  const made = { store: storeOn(server), deadline: 20_000, ...options } as RedisLimiterOptions<Name>;
  const limiter = createRateLimiter(made);
  onTestFinished(() => limiter.close());
  return limiter;
}
