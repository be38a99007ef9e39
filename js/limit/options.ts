import type { EngineLimit } from "../engine/index.js";
import { ironkeepError } from "../errors.js";
import { nearest } from "../nearest.js";
import type { LimitOptions, MemoryLimiterOptions, Quota, RateLimiterOptions } from "./types.js";

/** What is kept in the process at most. */
const MAX_KEYS = 1_000_000;
const MAX_BYTES = 96_000_000;
/** The most limits that one call may ask. */
const MAX_LIMITS = 8;
/** What a name may be, so that it can stand in a field of a response as it is. */
const NAME = /^[\x20\x21\x23-\x5b\x5d-\x7e]{1,64}$/;

const LIMITS = ["limits", "name", "quota", "store", "maxKeys", "maxBytes"];
const MEMORY = [...LIMITS, "shared", "clock"];
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
  checkKeys("a limiter in memory", options, MEMORY);
  const { shared, clock } = options;
  if (shared !== undefined && (typeof shared !== "string" || shared === "")) throw wrong("shared: has to be a name");
  if (clock !== undefined && typeof clock !== "function") throw wrong("clock: has to be a function");
  return { ...readLimits(options), ...readCeiling(options), ...(shared === undefined ? {} : { shared }), clock };
}

/** The driver that the options name. */
export function readDriver(options: RateLimiterOptions): "memory" | "redis" {
  if (typeof options !== "object" || options === null) {
    throw wrong('A rate limiter needs options, such as { quota: "100/1m" }');
  }
  const store: unknown = options.store ?? "memory";
  if (store === "memory") return "memory";
  const driver: unknown = typeof store === "object" ? (store as { driver?: unknown }).driver : store;
  if (driver === "memory") {
    checkKeys("the store of a limiter in memory", store as object, ["driver"]);
    return "memory";
  }
  throw wrong('store: has to be "memory"');
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
  checkKeys(`the quota of "${name}"`, quota, QUOTA);
  const { limit, window, burst } = quota;
  return burst === undefined ? { name, limit, window } : { name, limit, window, burst };
}

function readCeiling(options: { maxKeys?: number | undefined; maxBytes?: number | undefined }) {
  const { maxKeys = MAX_KEYS, maxBytes = MAX_BYTES } = options;
  for (const [name, value] of Object.entries({ maxKeys, maxBytes })) {
    if (!Number.isSafeInteger(value) || value < 1) throw wrong(`${name}: has to be a whole number from 1`);
  }
  return { maxKeys, maxBytes };
}

function checkKeys(of: string, options: object, known: readonly string[]): void {
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue;
    const meant = nearest(key, known);
    throw wrong(`The option "${key}" of ${of} does not exist${meant ? `; did you mean "${meant}"?` : ""}`);
  }
}

function wrong(message: string): Error {
  return ironkeepError("ERR_CONFIG", message);
}
