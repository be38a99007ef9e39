// Sessions in Redis as people have them without Ironkeep: a get, a SET with its time to live, an EXPIRE, a DEL. Each is in the
// form of `stores.mjs`, under keys of its own.
import { RedisStore } from "connect-redis";
import Redis from "ioredis-6";
import { createClient } from "redis";
import { createStorage } from "unstorage";
import redisDriver from "unstorage/drivers/redis";

/** How long a session lives after it was last used, in seconds. */
const IDLE = 86_400;
/** How many sets are under way while a store is filled. */
const FILLING = 256;

/** With a way to fill it, so many sets at once. */
function filled(store) {
  return {
    ...store,
    async fill(count, at) {
      let next = 0;
      const lane = async () => {
        for (let index = next++; index < count; index = next++) await store.set(index, ...at(index));
      };
      await Promise.all(Array.from({ length: FILLING }, lane));
    },
  };
}

/**
 * ioredis with a write of each command by itself, or with those of a tick together.
 *
 * @param isPipelined which of the two; the first is its default.
 */
export function ioredis({ port, isPipelined = false }) {
  const client = new Redis({ port, host: "127.0.0.1", enableAutoPipelining: isPipelined });
  return filled({
    async get(_index, key) {
      const text = await client.get(`ioredis:${key}`);
      return text === null ? undefined : JSON.parse(text);
    },
    async set(_index, key, session) {
      await client.set(`ioredis:${key}`, JSON.stringify(session), "EX", IDLE);
    },
    touch: async (_index, key) => (await client.expire(`ioredis:${key}`, IDLE)) === 1,
    destroy: async (_index, key) => (await client.del(`ioredis:${key}`)) === 1,
    close: () => client.quit(),
  });
}

/** node-redis under connect-redis, as express-session has it, but by promises: its methods are async without a callback. */
export async function connectRedis({ port }) {
  const client = createClient({ socket: { port, host: "127.0.0.1" } });
  await client.connect();
  const store = new RedisStore({ client, ttl: IDLE, prefix: "connect-redis:" });
  return filled({
    get: async (_index, key) => (await store.get(key)) ?? undefined,
    set: (_index, key, session) => store.set(key, session),
    async touch(_index, key, session) {
      await store.touch(key, session);
      return true;
    },
    async destroy(_index, key) {
      await store.destroy(key);
      return true;
    },
    close: () => client.close(),
  });
}

/** unstorage's driver `redis`, which is ioredis 5. It has no touch: its users write the session anew. */
export function unstorageRedis({ port }) {
  const storage = createStorage({ driver: redisDriver({ port, host: "127.0.0.1", base: "unstorage", ttl: IDLE }) });
  const set = (_index, key, session) => storage.setItem(key, session);
  return filled({
    get: async (_index, key) => (await storage.getItem(key)) ?? undefined,
    set,
    async touch(index, key, session) {
      await set(index, key, session);
      return true;
    },
    async destroy(_index, key) {
      await storage.removeItem(key);
      return true;
    },
    close: () => storage.dispose(),
  });
}
