import { presentedBy } from "../../sessions/ids.js";
import type { RateLimiter } from "../../limit/types.js";
import { type Exchange, toExchange } from "../_h3.js";
import { sessionRequest } from "../request.js";
import { getSession } from "../session.js";
import { sessionName } from "../session-config.js";
import { liveOf } from "../state.js";
import { isStored, storedOf } from "../stored/call.js";
import { isSignedId } from "../stored/opening.js";
import type { SessionConfig, SessionEvent } from "../types.js";
import { refusalOf, refuse } from "./answer.js";
import { clientOf } from "./client-address.js";
import { peek, spend, withOutcome } from "./decide.js";
import { keysOf } from "./keys.js";
import { hasIp } from "./networks.js";
import { Openings } from "./openings.js";
import { checkKeys, type Plan, readPlan, wrong } from "./plan.js";
import { tokensOf } from "./presented.js";
import type { RateLimitOptions } from "./types.js";

/** The options of a budget for tokens that are no session. */
export interface UnsealBudgetOptions extends Pick<
  RateLimitOptions,
  "address" | "allow" | "body" | "limiter" | "message" | "quota"
> {
  /** The session whose tokens are counted. */
  readonly session: SessionConfig;
  /** What the limit is called. @default "unseal" */
  readonly name?: string | undefined;
}

/** What {@link defineUnsealBudget} gives: a middleware for h3 v1 and v2. */
export interface UnsealBudget {
  /** The body of a refusal, whose status and headers are set; `undefined` for a request that may go on. */
  (event: SessionEvent): Promise<string | undefined>;
  readonly __is_handler__: true;
  readonly limiter: RateLimiter;
}

const KEYS: ReadonlySet<string> = new Set<keyof UnsealBudgetOptions>([
  "address",
  "allow",
  "body",
  "limiter",
  "message",
  "name",
  "quota",
  "session",
]);

/**
 * Makes a middleware that lets each client come with so many forged tokens, and then refuses its requests that have a token with
 * 429, before that is opened. Requests without a token, and those of sessions that merely expired, cost nothing.
 *
 * Of requests that come together no more are looked at than the budget has left, and the others wait for them. With a limiter that
 * several processes share, each of these lets through what it sees.
 *
 * @throws `ERR_CONFIG` for options that do not exist or have the wrong form.
 */
export function defineUnsealBudget(options: UnsealBudgetOptions): UnsealBudget {
  if (typeof options !== "object" || options === null)
    throw wrong("options", "an object, with a `session` and a `quota`");
  checkKeys(options, KEYS, "unseal budget");
  const { session, name, ...rest } = options;
  if (typeof session !== "object" || session === null) throw wrong("session", "the configuration of a session");
  const plan = readPlan({ ...rest, name: name ?? options.limiter?.policies[0]?.name ?? "unseal", fields: "none" });
  const openings = new Openings();
  const budget = (event: SessionEvent) => check(event, plan, session, openings);
  return Object.assign(budget, { __is_handler__: true as const, limiter: plan.limiter });
}

async function check(
  event: SessionEvent,
  plan: Plan,
  config: SessionConfig,
  openings: Openings,
): Promise<string | undefined> {
  const exchange = toExchange(event);
  // Inside a cache nothing is opened.
  const request = sessionRequest(exchange, config);
  if (!request || tokensOf(request, config).length === 0) return undefined;
  const client = clientOf(exchange, plan.address);
  if (client && hasIp(plan.allow, client)) return undefined;
  const keys = await keysOf({ event, exchange, client, plan });
  const whose = Object.values(keys).join("\n");
  const refused = await openings.enter(whose, () => peek(exchange, plan.limiter, keys));
  if (refused) return refuse(exchange, refusalOf(withOutcome(refused, plan.limiter), plan.answers));
  try {
    await getSession(event, config);
    if (await hasForged(request, config)) await spend(exchange, plan.limiter, keys);
  } finally {
    openings.leave(whose);
  }
  return undefined;
}

/** Whether one of the request's tokens is of none of our keys. */
async function hasForged(exchange: Exchange, config: SessionConfig): Promise<boolean> {
  if (liveOf(exchange, sessionName(config)).hasForged) return true;
  if (!isStored(config)) return false;
  const stored = storedOf(config);
  for (const token of tokensOf(exchange, config)) {
    // What may be a sealed session was looked at when it was opened.
    const isSigned = !stored.migrate || isSignedId(token);
    if (isSigned && (await presentedBy(stored, token)) === null) return true;
  }
  return false;
}
