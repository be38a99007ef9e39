import { isIronkeepError } from "../../errors.js";
import { whenReady } from "../../later.js";
import type { ConsumeOptions, Decision, MemoryRateLimiter, RateLimiter } from "../../limit/types.js";
import { comeOverSockets } from "../_handed-over.js";
import { type Exchange, toExchange } from "../_h3.js";
import { promised } from "../admission.js";
import type { SessionEvent } from "../types.js";
import { unavailable } from "../unavailable.js";
import { warnOnce } from "../../warn.js";
import { clientOf } from "./client-address.js";
import { type Asked, keysOf } from "./keys.js";
import { hasIp } from "./networks.js";
import type { Plan } from "./plan.js";
import type { RateLimitDecision } from "./types.js";

/** What came of a request, and what it was asked with. */
export interface Verdict {
  readonly exchange: Exchange;
  readonly plan: Plan;
  readonly decision: RateLimitDecision;
}

/**
 * Asks the limits about a request, all in one call. A promise only where there is something to wait for.
 *
 * @throws what the options' functions throw; `ERR_CONFIG` for a cost that is none; `ERR_STORE_CLOSED` as a 503; what
 * `getSession` throws.
 */
export function decide(event: SessionEvent, plan: Plan): Verdict | Promise<Verdict> {
  const exchange = toExchange(event);
  const client = clientOf(exchange, plan.address);
  const asked = { event, exchange, client, plan };
  return whenReady(outcomeOf(asked), (decision) => {
    if (plan.dryRun) Object.assign(decision, { allowed: true });
    if (decision.outcome !== "admitted" && decision.outcome !== "exempt") tellLimited(event, plan, decision);
    return { exchange, plan, decision };
  });
}

/** Who listens decides nothing: a log that is down refuses nobody else, and ends no process. */
function tellLimited(event: SessionEvent, plan: Plan, decision: RateLimitDecision): void {
  try {
    const told: unknown = plan.onLimited?.(event, decision);
    if (told instanceof Promise) told.catch(warnOfListener);
  } catch {
    warnOfListener();
  }
}

/** Without its message, which may hold data. */
function warnOfListener(): void {
  warnOnce("onLimited of a rate limit failed; the request is answered all the same");
}

function outcomeOf(asked: Asked): RateLimitDecision | Promise<RateLimitDecision> {
  const { plan, client, event } = asked;
  if (!client && isErrorPage(asked.exchange)) return uncounted("exempt");
  if (client && hasIp(plan.deny, client)) return uncounted("denied");
  if (client && hasIp(plan.allow, client)) return uncounted("exempt");
  return whenReady(promised(plan.skip?.(event)), (skips) => (skips === true ? uncounted("exempt") : counted(asked)));
}

/**
 * Whether Nuxt renders the page of an error, by a request of the app to itself that tells nothing of the visitor: counted among all
 * that have no address, the errors of some would take the pages of their errors from others. The request that failed was counted.
 * On platforms that hand over every request in this way a visitor could ask for the page, and it is counted.
 */
function isErrorPage({ major, origin, path }: Exchange): boolean {
  return major === 1 && origin !== undefined && comeOverSockets() && path.endsWith("/__nuxt_error");
}

function counted(asked: Asked): RateLimitDecision | Promise<RateLimitDecision> {
  const { plan, event, exchange } = asked;
  return whenReady(keysOf(asked), (keys) => {
    if (Object.keys(keys).length === 0) return uncounted("exempt");
    const cost = typeof plan.cost === "function" ? promised(plan.cost(event)) : plan.cost;
    return whenReady(cost, (spent) => {
      // A function that gives nothing has forgotten something: a request costs one.
      const options = spent === undefined ? undefined : { cost: spent as NonNullable<ConsumeOptions["cost"]> };
      return whenReady(spend(exchange, plan.limiter, keys, options), (decision) => {
        return withOutcome(decision, plan.limiter);
      });
    });
  });
}

/** On the object itself, which is what a limiter refunds. */
export function withOutcome(decision: Decision, { onStoreError }: RateLimiter): RateLimitDecision {
  if (decision.allowed) return Object.assign(decision, { outcome: "admitted" as const });
  // No bucket refused it, so it is not the client who has to slow down.
  const isOutage = decision.degraded && onStoreError === "closed";
  return Object.assign(decision, { outcome: isOutage ? ("unavailable" as const) : ("limited" as const) });
}

/** Takes the tokens: at once where the buckets are in memory. A limiter that is closed is an outage, and not no limit. */
export function spend(
  exchange: Exchange,
  limiter: RateLimiter,
  keys: Readonly<Record<string, string>>,
  options?: ConsumeOptions,
): Decision | Promise<Decision> {
  return orOutage(exchange, () =>
    isInMemory(limiter) ? limiter.consumeSync(keys, options) : limiter.consume(keys, options),
  );
}

/** Looks at what {@link spend} would give. */
export function peek(
  exchange: Exchange,
  limiter: RateLimiter,
  keys: Readonly<Record<string, string>>,
): Decision | Promise<Decision> {
  return orOutage(exchange, () => (isInMemory(limiter) ? limiter.peekSync(keys) : limiter.peek(keys)));
}

function orOutage<T>(exchange: Exchange, work: () => T | Promise<T>): T | Promise<T> {
  const failed = (error: unknown): never => {
    if (!isIronkeepError(error) || !error.code.startsWith("ERR_STORE_")) throw error;
    throw unavailable(exchange, error.code, error.message, error);
  };
  try {
    const result = work();
    return result instanceof Promise ? result.catch(failed) : result;
  } catch (error) {
    return failed(error);
  }
}

function isInMemory(limiter: RateLimiter): limiter is MemoryRateLimiter {
  return typeof (limiter as Partial<MemoryRateLimiter>).consumeSync === "function";
}

function uncounted(outcome: "denied" | "exempt"): RateLimitDecision {
  const tokens = outcome === "denied" ? 0 : Number.POSITIVE_INFINITY;
  return {
    outcome,
    policy: "",
    allowed: outcome === "exempt",
    limit: tokens,
    remaining: tokens,
    retryAfter: 0,
    resetAfter: 0,
    degraded: false,
    at: Date.now(),
    decisions: [],
  };
}
