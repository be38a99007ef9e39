// Rate limits in memory as people have them without Ironkeep. Each is made for a quota of `limit` in `windowMs` and gives
// `lane(next, note)`: it decides about the keys that `next` gives until there is none, and tells `note` each decision, as
// `(allowed, remaining, milliseconds to wait)`. One that is async awaits each decision, as a request does.
import { MemoryStore } from "express-rate-limit";
import { TokenBucket } from "limiter";
import { RateLimiterMemory } from "rate-limiter-flexible";

/** The least that it takes in JavaScript: exact to what doubles give, bounded in nothing, and no key ever goes. */
export function plainMap({ limit, windowMs }) {
  const buckets = new Map();
  const rate = limit / windowMs;
  return {
    lane(next, note) {
      for (let key = next(); key !== undefined; key = next()) {
        const now = performance.now();
        let bucket = buckets.get(key);
        if (bucket === undefined) buckets.set(key, (bucket = { tokens: limit, at: now }));
        const tokens = Math.min(limit, bucket.tokens + (now - bucket.at) * rate);
        const allowed = tokens >= 1;
        bucket.tokens = allowed ? tokens - 1 : tokens;
        bucket.at = now;
        note(allowed, Math.floor(bucket.tokens), allowed ? 0 : (1 - tokens) / rate);
      }
    },
  };
}

/** A `TokenBucket` of limiter for each key. The package has no keys, and so nothing that lets one go. */
export function limiterBuckets({ limit, windowMs }) {
  const buckets = new Map();
  function make() {
    const bucket = new TokenBucket({ bucketSize: limit, tokensPerInterval: limit, interval: windowMs });
    // It begins empty.
    bucket.content = limit;
    return bucket;
  }
  return {
    lane(next, note) {
      for (let key = next(); key !== undefined; key = next()) {
        let bucket = buckets.get(key);
        if (bucket === undefined) buckets.set(key, (bucket = make()));
        const allowed = bucket.tryRemoveTokens(1);
        note(allowed, Math.floor(bucket.content), allowed ? 0 : bucket.getWaitTime(1));
      }
    },
  };
}

/** rate-limiter-flexible in memory: a counter in a window that begins with the first request, and a timer for each key. */
export function rateLimiterFlexible({ limit, windowMs }) {
  return flexible(new RateLimiterMemory({ points: limit, duration: windowMs / 1000 }), limit);
}

/** Decides by any limiter of rate-limiter-flexible: a refusal is a rejection, and so is a failure. */
export function flexible(limiter) {
  return {
    async lane(next, note) {
      for (let key = next(); key !== undefined; key = next()) {
        try {
          const { remainingPoints } = await limiter.consume(key);
          note(true, remainingPoints, 0);
        } catch (refusal) {
          if (refusal instanceof Error) throw refusal;
          note(false, refusal.remainingPoints, refusal.msBeforeNext);
        }
      }
    },
  };
}

/** express-rate-limit's MemoryStore: a counter in a window. What the middleware makes of the counter is made here. */
export function expressRateLimit({ limit, windowMs }) {
  const store = new MemoryStore();
  store.init({ windowMs });
  return {
    async lane(next, note) {
      for (let key = next(); key !== undefined; key = next()) {
        const { totalHits, resetTime } = await store.increment(key);
        const allowed = totalHits <= limit;
        note(allowed, Math.max(0, limit - totalHits), allowed ? 0 : resetTime.getTime() - Date.now());
      }
    },
    close: () => store.shutdown(),
  };
}
