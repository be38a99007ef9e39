import type { EngineLimit, EngineRemoteLimiterOptions } from "../engine/index.js";
import { checkCount, checkKeys, checkMillis, wrong } from "../store/checks.js";
import { checkText, readConnection } from "../store/redis-options.js";
import type { LimitOptions, MemoryLimiterOptions, Quota, RateLimiterOptions, RedisLimiterOptions } from "./types.js";

/** What is kept in the process at most. */
const MAX_KEYS = 1_000_000;
const MAX_BYTES = 96_000_000;
/** Milliseconds that a call may wait for Redis. */
const DEADLINE = 250;
const PREFIX = "ironkeep:limit:";
/** The most tokens of a quota. */
const MAX_TOKENS = 1_000_000_000;
/** The most limits that one call may ask. */
const MAX_LIMITS = 8;
/** What a name may be, so that it can stand in a field of a response as it is. */
const NAME = /^[\x20\x21\x23-\x5b\x5d-\x7e]{1,64}$/;

const LIMITS = ["limits", "name", "quota", "store", "maxKeys", "maxBytes"];
const MEMORY = [...LIMITS, "shared", "clock"];
const REDIS = [...LIMITS, "onStoreError", "deadline", "lease"];
const STORE = ["driver", "url", "cluster", "sentinel", "username", "password", "database", "prefix"];
const ON_STORE_ERROR = new Set(["open", "closed", "local"]);
const QUOTA = ["limit", "window", "burst"];

/** A limiter in memory, as its options describe it. */
export interface MemoryConfig<Name extends string> {
  names: readonly Name[];
  limits: EngineLimit[];
  maxKeys: number;
  maxBytes: number;
  shared?: string;
  clock: (() => number) | undefined;
}

/**
 * The options of a limiter in memory, with their defaults.
 *
 * @throws `ERR_CONFIG` that names what is wrong.
 */
export function readMemoryOptions<Name extends string>(options: MemoryLimiterOptions<Name>): MemoryConfig<Name> {
  checkKeys(options, MEMORY, "a limiter in memory");
  const { shared, clock } = options;
  if (shared !== undefined && (typeof shared !== "string" || shared === "")) throw wrong("shared: has to be a name");
  if (clock !== undefined && typeof clock !== "function") throw wrong("clock: has to be a function");
  return { ...readLimits(options), ...readCeiling(options), ...(shared === undefined ? {} : { shared }), clock };
}

/** A limiter on Redis, as its options describe it. */
export interface RedisConfig<Name extends string> extends EngineRemoteLimiterOptions {
  names: readonly Name[];
}

/**
 * The options of a limiter on Redis, with their defaults.
 *
 * @throws `ERR_CONFIG` that names what is wrong, and shows no URL: it may hold a password.
 */
export function readRedisOptions<Name extends string>(options: RedisLimiterOptions<Name>): RedisConfig<Name> {
  checkKeys(options, REDIS, "a limiter on Redis");
  const { store, onStoreError = "local", deadline = DEADLINE, lease } = options;
  checkKeys(store, STORE, 'the store "redis" of a limiter');
  const { prefix = PREFIX } = store;
  checkText("prefix", prefix);
  checkMillis("deadline", deadline);
  if (!Number.isFinite(deadline)) throw wrong("deadline: has to be a number of milliseconds that ends");
  if (!ON_STORE_ERROR.has(onStoreError)) {
    throw wrong('onStoreError: has to be "open", "closed" or "local": what decides while Redis does not');
  }
  return {
    ...readLimits(options),
    ...readCeiling(options),
    store: { ...readConnection(store), prefix, deadline },
    onStoreError,
    ...(lease === undefined ? {} : readLease(lease)),
  };
}

function readLease(lease: NonNullable<RedisLimiterOptions["lease"]>) {
  if (typeof lease !== "object" || lease === null) throw wrong("lease: has to be { size } or { fraction }");
  checkKeys(lease, ["size", "fraction"], "lease");
  const { size, fraction } = lease;
  if ((size === undefined) === (fraction === undefined)) throw wrong("lease: needs one of size and fraction");
  if (fraction === undefined) {
    checkCount("lease.size", size, MAX_TOKENS);
    return { leaseSize: size as number };
  }
  if (!(typeof fraction === "number" && fraction > 0 && fraction <= 1)) {
    throw wrong("lease.fraction: has to be a part of the burst, above 0 and at most 1");
  }
  return { leaseFraction: fraction };
}

/** The driver that the options name. */
export function readDriver(options: RateLimiterOptions): "memory" | "redis" {
  if (typeof options !== "object" || options === null) {
    throw wrong('A rate limiter needs options, such as { quota: "100/1m" }');
  }
  const store: unknown = options.store ?? "memory";
  if (store === "memory") return "memory";
  if (typeof store === "object" && store !== null) {
    const { driver } = store as { driver?: unknown };
    if (driver === "redis") return "redis";
    if (driver === "memory") {
      checkKeys(store, ["driver"], "the store of a limiter in memory");
      return "memory";
    }
  }
  throw wrong('store: has to be "memory", or { driver: "redis", url }');
}

function readLimits<Name extends string>(options: LimitOptions<Name>): { names: Name[]; limits: EngineLimit[] } {
  const { limits, name, quota } = options;
  if (limits === undefined) {
    if (quota === undefined) throw wrong('quota: is missing, such as "100/1m"; or give several as limits');
    const only = name ?? ("default" as Name);
    return { names: [only], limits: [readQuota(only, quota)] };
  }
  if (quota !== undefined || name !== undefined) throw wrong("limits: cannot stand beside quota and name: give either");
  if (typeof limits !== "object" || limits === null) throw wrong("limits: has to be an object of quotas by name");
  const names = Object.keys(limits) as Name[];
  if (names.length === 0 || names.length > MAX_LIMITS) throw wrong(`limits: have to be 1 to ${MAX_LIMITS}`);
  return { names, limits: names.map((each) => readQuota(each, limits[each])) };
}

function readQuota(name: string, quota: Quota): EngineLimit {
  if (typeof name !== "string" || !NAME.test(name)) {
    throw wrong('name: that of a limit has to be 1 to 64 printable ASCII characters without " and \\');
  }
  if (typeof quota === "string") return { name, quota };
  if (typeof quota !== "object" || quota === null) {
    throw wrong(`quota: that of "${name}" has to be a text such as "100/1m", or { limit, window, burst }`);
  }
  checkKeys(quota, QUOTA, `the quota of "${name}"`);
  const { limit, window, burst } = quota;
  return burst === undefined ? { name, limit, window } : { name, limit, window, burst };
}

function readCeiling(options: { maxKeys?: number | undefined; maxBytes?: number | undefined }) {
  const { maxKeys = MAX_KEYS, maxBytes = MAX_BYTES } = options;
  for (const [name, value] of Object.entries({ maxKeys, maxBytes })) {
    checkCount(name, value, Number.MAX_SAFE_INTEGER);
  }
  return { maxKeys, maxBytes };
}
