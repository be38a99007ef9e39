// Rate limits in Redis as people have them without Ironkeep, in the form of `limits.mjs`, under keys of their own.
import { createHash } from "node:crypto";

import { Ratelimit } from "@upstash/ratelimit";
import Redis from "ioredis-6";
import { RateLimiterRedis } from "rate-limiter-flexible";

import { flexible } from "./limits.mjs";

/**
 * rate-limiter-flexible on ioredis: one script for each decision.
 *
 * @param isPipelined whether ioredis writes the commands of a tick together; without is its default.
 */
export function rateLimiterFlexible({ port, limit, windowMs, isPipelined = false }) {
  const client = new Redis({ port, host: "127.0.0.1", enableAutoPipelining: isPipelined });
  const limiter = new RateLimiterRedis({ storeClient: client, points: limit, duration: windowMs / 1000 });
  return { ...flexible(limiter), close: () => client.quit() };
}

/**
 * What @upstash/ratelimit asks of its client, on ioredis: `eval` and `evalsha`. Its own client speaks HTTP to Upstash, which
 * a server of one's own has not.
 *
 * Its scripts begin with a line for Upstash's servers, at which Redis refuses them. They go without it, and have another hash.
 */
function upstashClient(client) {
  const hashes = new Map();
  const hashOf = (script) => createHash("sha1").update(script).digest("hex");
  return {
    evalsha: (hash, keys, args) => client.evalsha(hashes.get(hash) ?? hash, keys.length, ...keys, ...args),
    async eval(script, keys, args) {
      const plain = script.replace(/^#!lua.*\n/, "");
      const result = await client.eval(plain, keys.length, ...keys, ...args);
      hashes.set(hashOf(script), hashOf(plain));
      return result;
    },
  };
}

/** @upstash/ratelimit's token bucket, which is refilled in steps, by the caller's clock. Its options are the defaults. */
export function upstash({ port, limit, windowMs }) {
  const client = new Redis({ port, host: "127.0.0.1" });
  const bucket = Ratelimit.tokenBucket(1, `${windowMs / limit} ms`, limit);
  const ratelimit = new Ratelimit({ redis: upstashClient(client), limiter: bucket, prefix: "upstash" });
  return {
    async lane(next, note) {
      for (let key = next(); key !== undefined; key = next()) {
        const { success, remaining, reset } = await ratelimit.limit(key);
        note(success, remaining, success ? 0 : reset - Date.now());
      }
    },
    close: () => client.quit(),
  };
}
