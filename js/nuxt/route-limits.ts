import { ironkeepError } from "../errors.js";
import { defineRateLimit } from "../h3/limits/rate-limit.js";
import type { RateLimitOptions, RateLimitSource } from "../h3/limits/types.js";
import type { NitroConfig } from "./_nuxt.js";

/** The limit of a route: a quota for each address, such as `"100/1m"`, or more of what `defineRateLimit` takes. */
export type RouteLimit = string | RouteLimitOptions;

/** What `defineRateLimit` takes, as far as it is plain data. The session of `"user"` and `"session"` is that of the app. */
export interface RouteLimitOptions extends Pick<
  RateLimitOptions,
  "address" | "allow" | "body" | "deny" | "dryRun" | "fields" | "message" | "name" | "quota" | "whenMissing"
> {
  by?: NamedSource | NamedSource[];
  cost?: number;
}

type NamedSource = Extract<RateLimitSource, string>;

/** What `ironkeep` in `routeRules` takes. */
export interface RouteRule {
  rateLimit?: RouteLimit;
}

/** Nitro's own, to which the rules of Ironkeep are added. */
declare module "nitropack/types" {
  interface NitroRouteConfig {
    ironkeep?: RouteRule;
  }
  interface NitroRouteRules {
    ironkeep?: RouteRule;
  }
}

/** The longest name that the fields of a response carry. */
const MAX_NAME_LENGTH = 64;

/** The options of a limit, however it is written: as a quota, as an object, or as {@link nameLimits} leaves it. */
export function limitOptions(limit: RouteLimit): RouteLimitOptions {
  if (typeof limit !== "string") return limit;
  return limit.startsWith("{") ? (JSON.parse(limit) as RouteLimitOptions) : { quota: limit };
}

/**
 * Names the limits of routes by their patterns, so that each pattern has buckets of its own. All paths of a pattern share them.
 *
 * @returns whether there are limits.
 * @throws `ERR_CONFIG` for a limit that cannot work: it would leave requests uncounted.
 */
export function nameLimits(config: NitroConfig): boolean {
  const named = new Set<string>();
  for (const [pattern, rule] of Object.entries(config.routeRules ?? {})) {
    const { ironkeep } = rule as { ironkeep?: RouteRule };
    if (ironkeep === undefined) continue;
    const limit = readLimit(pattern, ironkeep);
    if (limit === undefined) continue;
    const options = { name: nameOf(pattern, named.size), ...limitOptions(limit) };
    check(pattern, options);
    named.add(pattern);
    // One text: Nitro merges the objects of all patterns that match a path, and a limit would be part of another one.
    ironkeep.rateLimit = JSON.stringify(options);
  }
  spellInLowerCase(config, named);
  return named.size > 0;
}

/**
 * Looks whether a rule came after {@link nameLimits}, such as by `defineRouteRules` in a page or by a module that is called later.
 *
 * @throws `ERR_CONFIG` for a limit that nobody has read, and perhaps nobody would count.
 */
export function requireNamed(routeRules: Readonly<Record<string, object>>): void {
  for (const [pattern, rule] of Object.entries(routeRules)) {
    const limit: unknown = (rule as { ironkeep?: RouteRule }).ironkeep?.rateLimit;
    if (limit === undefined || (typeof limit === "string" && limit.startsWith("{"))) continue;
    throw wrong(pattern, "came after the limits were read: put it into routeRules of nuxt.config");
  }
}

/** Pages answer to their paths in any case, and Nitro's rules do not: limits are looked for in lower case. */
function spellInLowerCase(config: NitroConfig, limited: ReadonlySet<string>): void {
  for (const pattern of limited) {
    const lower = pattern.toLowerCase();
    if (lower === pattern) continue;
    if (limited.has(lower)) throw wrong(pattern, `differs from "${lower}" by case alone, and both have a rateLimit`);
    const rules = config.routeRules as Record<string, { ironkeep?: RouteRule }>;
    config.routeRules = { ...rules, [lower]: { ...rules[lower], ironkeep: rules[pattern]?.ironkeep } };
  }
}

/** The pattern as far as it fits; two that begin alike for so long are told apart by their places. */
function nameOf(pattern: string, place: number): string {
  const name = encodeURI(pattern);
  if (name.length <= MAX_NAME_LENGTH) return name;
  const ending = `~${place}`;
  return name.slice(0, MAX_NAME_LENGTH - ending.length) + ending;
}

function readLimit(pattern: string, rule: RouteRule): RouteLimit | undefined {
  const other = Object.keys(rule).find((name) => name !== "rateLimit");
  if (other !== undefined) throw wrong(pattern, `there is no option "${other}": it takes rateLimit`);
  return rule.rateLimit;
}

function check(pattern: string, limit: RouteLimitOptions): void {
  try {
    // A configuration of a session where one may be asked for: the app's is there when it runs.
    defineRateLimit({ ...limit, session: {} });
  } catch (error) {
    throw wrong(pattern, (error as Error).message);
  }
}

function wrong(pattern: string, message: string): Error {
  return ironkeepError("ERR_CONFIG", `ironkeep of routeRules["${pattern}"]: ${message}`);
}
