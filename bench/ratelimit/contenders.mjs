// Who is measured: a name, and how its limiter is made for a quota, `{ limit, windowMs }`.
import { createRateLimiter } from "ironkeep/limit";

import { peerName } from "../lib/versions.mjs";

/** Ironkeep's limiter in memory is bounded; it gets room for all keys, so that it gives none up. */
const ROOM = { maxKeys: 4_000_000, maxBytes: 1_000_000_000 };
/** Far over what any call takes: the bench measures how long that is. */
const DEADLINE_MS = 60_000;
/** Tokens of a lease. */
const LEASE = 100;

const peer =
  (name, file = "limits") =>
  async (options) =>
    (await import(`../peers/${file}.mjs`))[name](options);

const quotaOf = ({ limit, windowMs }) => ({ limit, window: windowMs / 1000 });

function ironkeepSync(quota) {
  const limiter = createRateLimiter({ quota: quotaOf(quota), ...ROOM });
  return {
    lane(next, note) {
      for (let key = next(); key !== undefined; key = next()) {
        const { allowed, remaining, retryAfter } = limiter.consumeSync(key);
        note(allowed, remaining, retryAfter);
      }
    },
    close: () => limiter.close(),
  };
}

function ironkeepAsync(limiter) {
  return {
    async lane(next, note) {
      for (let key = next(); key !== undefined; key = next()) {
        const { allowed, remaining, retryAfter } = await limiter.consume(key);
        note(allowed, remaining, retryAfter);
      }
    },
    close: () => limiter.close(),
  };
}

const ironkeepRedis = ({ port, prefix, ...quota }, options) =>
  ironkeepAsync(
    createRateLimiter({
      quota: quotaOf(quota),
      store: { driver: "redis", url: `redis://127.0.0.1:${port}`, prefix },
      deadline: DEADLINE_MS,
      ...ROOM,
      ...options,
    }),
  );

/** Those in memory. */
export const inMemory = [
  { id: "ironkeep", name: "ironkeep, consumeSync", isOurs: true, open: ironkeepSync },
  {
    id: "ironkeep-async",
    name: "ironkeep, consume",
    open: (quota) => ironkeepAsync(createRateLimiter({ quota: quotaOf(quota), ...ROOM })),
  },
  {
    id: "rate-limiter-flexible",
    name: `${peerName.rateLimiterFlexible} RateLimiterMemory`,
    open: peer("rateLimiterFlexible"),
  },
  { id: "express-rate-limit", name: `${peerName.expressRateLimit} MemoryStore`, open: peer("expressRateLimit") },
  { id: "limiter", name: `${peerName.limiter} TokenBucket, in a Map`, open: peer("limiterBuckets") },
  { id: "map", name: "a token bucket by hand, in a Map", open: peer("plainMap") },
];

const redisPeer = (name, options) => (quota) => peer(name, "redis-limits")({ ...quota, ...options });

/** Those on Redis, at `port`. */
export const onRedis = [
  {
    id: "ironkeep",
    name: "ironkeep, redis",
    isOurs: true,
    open: (quota) => ironkeepRedis({ ...quota, prefix: "ironkeep:" }),
  },
  {
    id: "ironkeep-leased",
    name: `ironkeep, redis, leases of ${LEASE}`,
    open: (quota) => ironkeepRedis({ ...quota, prefix: "leased:" }, { lease: { size: LEASE } }),
  },
  {
    id: "rate-limiter-flexible",
    name: `${peerName.rateLimiterFlexible}, ${peerName.ioredis}`,
    open: redisPeer("rateLimiterFlexible"),
  },
  {
    id: "rate-limiter-flexible-pipelined",
    name: `${peerName.rateLimiterFlexible}, enableAutoPipelining`,
    open: redisPeer("rateLimiterFlexible", { isPipelined: true }),
  },
  { id: "upstash", name: `${peerName.upstash}, ${peerName.ioredis}`, open: redisPeer("upstash") },
];
