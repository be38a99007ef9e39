import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

const read = (path) => JSON.parse(readFileSync(new URL(`../../${path}/package.json`, import.meta.url), "utf8"));
const versionOf = (folder) => read(`node_modules/${folder}`).version;
/** Those of bench/peers are exact, and need not be installed to be named. */
const { dependencies: pinned } = read("bench/peers");

/** The peers by name and version. */
export const peerName = {
  webcrypto2: `iron-webcrypto ${versionOf("iron-webcrypto-2")}`,
  webcrypto1: `iron-webcrypto ${versionOf("iron-webcrypto-1")}`,
  hapi: `@hapi/iron ${versionOf("@hapi/iron")}`,
  ironSession: `iron-session ${versionOf("iron-session")}`,
  h3v1: `h3 ${versionOf("h3-v1")}`,
  h3v2: `h3 ${versionOf("h3-v2")}`,
  jose: `jose ${pinned.jose}`,
  secretbox: `sodium-native ${pinned["sodium-native"]}`,
  fastify: `fastify ${pinned.fastify}`,
  secureSession: `@fastify/secure-session ${pinned["@fastify/secure-session"]}`,
  expressSession: `express-session ${pinned["express-session"]}`,
  lruCache: `lru-cache ${pinned["lru-cache"]}`,
  unstorage: `unstorage ${pinned.unstorage}`,
  ioredis: `ioredis ${pinned["ioredis-6"].split("@").at(-1)}`,
  redis: `node-redis ${pinned.redis}`,
  connectRedis: `connect-redis ${pinned["connect-redis"]}`,
  betterSqlite3: `better-sqlite3 ${pinned["better-sqlite3"]}`,
  rateLimiterFlexible: `rate-limiter-flexible ${pinned["rate-limiter-flexible"]}`,
  expressRateLimit: `express-rate-limit ${pinned["express-rate-limit"]}`,
  limiter: `limiter ${pinned.limiter}`,
  upstash: `@upstash/ratelimit ${pinned["@upstash/ratelimit"]}`,
};

/** The commit that is measured, with a plus when files were changed since; null outside of a repository. */
function commit() {
  try {
    const git = (...args) =>
      execFileSync("git", args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
    return git("rev-parse", "--short", "HEAD") + (git("status", "--porcelain") === "" ? "" : "+");
  } catch {
    return null;
  }
}

/** What was measured: Ironkeep, and all peers. */
export const versions = () => ({ ironkeep: read(".").version, commit: commit(), peers: Object.values(peerName) });
