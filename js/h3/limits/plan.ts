import { ironkeepError } from "../../errors.js";
import type { RateLimiter } from "../../limit/types.js";
import { nearest } from "../../nearest.js";
import type { SessionConfig, SessionEvent } from "../types.js";
import { type AddressPolicy, readAddressOptions } from "./client-address.js";
import type { Network } from "./ip.js";
import { limiterOf, type NamedQuotas } from "./limiter.js";
import { readNetworks } from "./networks.js";
import type { RateLimitCost, RateLimitOptions, RateLimitRule, RateLimitSource } from "./types.js";

/** One limit, once it is read. */
export interface Rule {
  readonly name: string;
  readonly by: readonly RateLimitSource<never>[];
  readonly whenMissing: "address" | "shared" | "skip";
}

/** The options once they are read. */
export interface Plan {
  readonly limiter: RateLimiter;
  readonly rules: readonly Rule[];
  readonly cost: RateLimitCost | ((event: SessionEvent) => unknown) | undefined;
  readonly skip: ((event: SessionEvent) => unknown) | undefined;
  readonly dryRun: boolean;
  readonly allow: readonly Network[];
  readonly deny: readonly Network[];
  readonly address: AddressPolicy;
  readonly session: SessionConfig | undefined;
  readonly answers: Answers;
  readonly onLimited: RateLimitOptions<SessionEvent>["onLimited"];
}

/** How a refusal is spelled. */
export interface Answers {
  readonly fields: "both" | "none" | "ratelimit" | "x-ratelimit";
  readonly body: "error" | "problem";
  readonly message: string | undefined;
}

const RULE_KEYS: ReadonlySet<string> = new Set<keyof RateLimitRule>(["quota", "by", "whenMissing"]);

const KEYS: ReadonlySet<string> = new Set<keyof RateLimitOptions>([
  "name",
  "quota",
  "by",
  "whenMissing",
  "limits",
  "limiter",
  "cost",
  "skip",
  "dryRun",
  "allow",
  "deny",
  "address",
  "session",
  "fields",
  "body",
  "message",
  "onLimited",
]);

const SOURCES: ReadonlySet<unknown> = new Set(["address", "all", "route", "session", "user"]);
/** What fits into a string of structured fields, without an escape. */
const NAME = /^[\x20\x21\x23-\x5b\x5d-\x7e]{1,64}$/;

/**
 * Reads the options of a rate limit. What is wrong with one would leave requests uncounted, so all of it is an error.
 *
 * @throws `ERR_CONFIG` that names the option.
 */
export function readPlan(options: RateLimitOptions<never>): Plan {
  if (typeof options !== "object" || options === null) throw wrong("options", "an object, with a `quota` or `limits`");
  checkKeys(options, KEYS, "rate limit");
  const own = readLimiter(options.limiter);
  const given = namedRules(options);
  if (own) checkNames(own, given);
  const limiter = own ?? limiterOf(quotasOf(given));
  const rules = Object.entries(given).map(([name, rule]) => readRule(name, rule));
  const session = readSession(options.session, rules);
  checkCost(options.cost, limiter, rules);
  return {
    limiter,
    rules,
    cost: options.cost as Plan["cost"],
    skip: readFunction(options.skip, "skip") as Plan["skip"],
    dryRun: readChoice(options.dryRun, "dryRun", [false, true]),
    allow: readNetworks(options.allow, "allow"),
    deny: readNetworks(options.deny, "deny"),
    address: readAddressOptions(options.address === undefined ? {} : options.address),
    session,
    answers: {
      fields: readChoice(options.fields, "fields", ["ratelimit", "x-ratelimit", "both", "none"]),
      body: readChoice(options.body, "body", ["problem", "error"]),
      message: readText(options.message, "message"),
    },
    onLimited: readFunction(options.onLimited, "onLimited") as Plan["onLimited"],
  };
}

type Given = Readonly<Record<string, RateLimitRule<never>>>;

function namedRules(options: RateLimitOptions<never>): Given {
  const { limits, limiter } = options;
  if (limits === undefined) {
    const {
      name = limiter?.policies.length === 1 ? limiter.policies[0]?.name : "default",
      quota,
      by,
      whenMissing,
    } = options;
    return { [checkedName(name)]: { quota, by, whenMissing } };
  }
  const beside = (["name", "quota", "by", "whenMissing"] as const).find((key) => options[key] !== undefined);
  if (beside) throw wrong(beside, "inside of `limits`, for each limit");
  const isList = typeof limits === "object" && limits !== null && !Array.isArray(limits);
  if (!isList || Object.keys(limits).length === 0) throw wrong("limits", "limits by their names");
  for (const [name, rule] of Object.entries(limits)) {
    if (typeof rule !== "object" || rule === null) throw wrong(`limits`, "limits by their names, each with a `quota`");
    checkKeys(rule, RULE_KEYS, `limit "${checkedName(name)}"`);
  }
  return limits;
}

/** @throws `ERR_CONFIG` for a name that no field can carry, or that would put something else into it. */
export function checkedName(name: unknown): string {
  if (typeof name === "string" && NAME.test(name)) return name;
  throw wrong("name", 'at most 64 printable ASCII characters, without " and \\');
}

function quotasOf(given: Given): NamedQuotas {
  const quotas = Object.entries(given).map(([name, { quota }]) => {
    if (quota === undefined) throw wrong("quota", 'given, such as "100/1m", or a `limiter`');
    return [name, quota] as const;
  });
  return Object.fromEntries(quotas);
}

function readLimiter(limiter: RateLimiter | undefined): RateLimiter | undefined {
  const isLimiter = typeof limiter?.consume === "function" && Array.isArray(limiter.policies);
  if (limiter === undefined || isLimiter) return limiter;
  throw wrong("limiter", "one of createRateLimiter");
}

function checkNames(limiter: RateLimiter, given: Given): void {
  for (const [name, { quota }] of Object.entries(given)) {
    if (quota !== undefined) throw wrong("quota", "left out beside a `limiter`, which has its own");
    if (limiter.policies.some((policy) => policy.name === name)) continue;
    const names = limiter.policies.map((policy) => policy.name).join(", ");
    throw ironkeepError("ERR_CONFIG", `limiter: has no limit "${name}", but ${names}`);
  }
}

function readRule(name: string, { by = "address", whenMissing }: RateLimitRule<never>): Rule {
  const sources = (Array.isArray(by) ? by : [by]) as RateLimitSource<never>[];
  const isKnown = sources.length > 0 && sources.every((one) => typeof one === "function" || SOURCES.has(one));
  if (!isKnown)
    throw wrong("by", '"address", "user", "session", "route", "all", a function of the event, or a list of these');
  return { name, by: sources, whenMissing: readChoice(whenMissing, "whenMissing", ["address", "shared", "skip"]) };
}

function readSession(session: unknown, rules: readonly Rule[]): SessionConfig | undefined {
  if (session !== undefined && (typeof session !== "object" || session === null)) {
    throw wrong("session", "the configuration of a session");
  }
  const isNeeded = rules.some(({ by }) => by.some((one) => one === "session" || one === "user"));
  if (isNeeded && !session) throw wrong("session", 'the configuration of the session that "user" and "session" are of');
  return (session as SessionConfig | undefined) ?? undefined;
}

function checkCost(cost: unknown, limiter: RateLimiter, rules: readonly Rule[]): void {
  if (cost === undefined || typeof cost === "function") return;
  const byName = typeof cost === "object" && cost !== null ? cost : undefined;
  const unknown = byName && Object.keys(byName).find((name) => rules.every((rule) => rule.name !== name));
  if (unknown !== undefined) throw wrong("cost", "for limits that there are");
  for (const { name } of rules) {
    const one: unknown = byName ? ((byName as Record<string, unknown>)[name] ?? 1) : cost;
    const limit = limiter.policies.find((policy) => policy.name === name)?.limit ?? 0;
    const isCost = Number.isInteger(one) && (one as number) >= 0 && (one as number) <= limit;
    if (!isCost) throw wrong("cost", "a whole number of tokens, at most the burst of each limit, or a function");
  }
}

/** @throws `ERR_CONFIG` for an option that does not exist. */
export function checkKeys(options: object, known: ReadonlySet<string>, whose: string): void {
  for (const key of Object.keys(options)) {
    if (known.has(key)) continue;
    const meant = nearest(key, known);
    const advice = meant ? `; did you mean "${meant}"?` : "";
    throw ironkeepError("ERR_CONFIG", `The option "${key}" of the ${whose} does not exist${advice}`);
  }
}

/** The first choice is the default. */
export function readChoice<T>(value: T | undefined, name: string, choices: readonly [T, ...T[]]): T {
  const choice = value === undefined ? choices[0] : value;
  if (choices.includes(choice)) return choice;
  throw wrong(name, choices.map((one) => JSON.stringify(one)).join(" or "));
}

export function readFunction(value: unknown, name: string): unknown {
  if (value === undefined || typeof value === "function") return value;
  throw wrong(name, "a function");
}

export function readText(value: unknown, name: string): string | undefined {
  if (value === undefined || typeof value === "string") return value;
  throw wrong(name, "a text");
}

export function wrong(name: string, what: string): Error {
  return ironkeepError("ERR_CONFIG", `${name}: has to be ${what}`);
}
