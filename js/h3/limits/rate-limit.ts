import { whenReady } from "../../later.js";
import type { LimitCounts } from "../../limit/types.js";
import { toExchange } from "../_h3.js";
import { SessionHttpError } from "../http-error.js";
import type { SessionEvent } from "../types.js";
import { fieldsOf, type Refusal, refusalOf, refuse, tell } from "./answer.js";
import type { RateLimitEvent } from "./client-address.js";
import { decide } from "./decide.js";
import { type Plan, readPlan } from "./plan.js";
import type { RateLimit, RateLimitDecision, RateLimitOptions } from "./types.js";

/** The plans of options and of limits that were defined by them, so that each is read once. */
const plans = new WeakMap<object, Plan>();

/**
 * Makes a middleware that counts requests and refuses those that are too many with 429, on h3 v1 and v2.
 *
 * The refusal is returned and not thrown, so that its body is the one that was asked for, no error is logged, and headers that
 * others set before, such as those of CORS, are kept.
 *
 * @param options see {@link RateLimitOptions}; at least a `quota`, `limits` or a `limiter`.
 * @returns for `app.use`; its `wrap` is for single handlers.
 * @throws `ERR_CONFIG` for options that do not exist, have the wrong form, or would leave requests uncounted.
 */
export function defineRateLimit<E extends RateLimitEvent = RateLimitEvent>(options: RateLimitOptions<E>): RateLimit<E> {
  const plan = readPlan(options);
  const limit = (event: RateLimitEvent) => answered(event, plan);
  const wrap = <H extends RateLimitEvent, R>(handler: (event: H) => R) => {
    const wrapped = async (event: H): Promise<Awaited<R> | string> =>
      (await answered(event, plan)) ?? (await handler(event));
    return Object.assign(wrapped, { __is_handler__: true as const });
  };
  const counts = (): Record<string, LimitCounts> => countsOf(plan);
  const defined = Object.assign(limit, { __is_handler__: true as const, wrap, limiter: plan.limiter, counts });
  plans.set(defined, plan);
  return defined;
}

/**
 * Counts a request, or a message of a WebSocket, and says what came of it. The fields of the response are set; what becomes of the
 * request is the caller's to decide.
 *
 * @param event an event of h3 v1 or v2, a WebSocket peer, or the request of an `upgrade` hook.
 * @param options what {@link defineRateLimit} gave or takes.
 * @throws `ERR_CONFIG` as {@link defineRateLimit}.
 */
export async function useRateLimit<E extends RateLimitEvent>(
  event: E,
  options: RateLimit<E> | RateLimitOptions<E>,
): Promise<RateLimitDecision> {
  const verdict = await decide(event as SessionEvent, planOf(options));
  tell(verdict);
  return verdict.decision;
}

/**
 * The error of a request that a limit refused, for handlers that throw: a 429 with the code `ERR_RATE_LIMITED`, or where nothing
 * could be counted a 503 with `ERR_STORE_UNAVAILABLE`. In an `upgrade` hook it ends the handshake.
 *
 * @param options the `body` and `message` of the options; h3 v1 gives errors a body of its own.
 */
export function rateLimitError(
  event: RateLimitEvent,
  decision: RateLimitDecision,
  { body = "problem", message }: Pick<RateLimitOptions, "body" | "message"> = {},
): Error {
  const refusal = refusalOf(decision, { body, message });
  const exchange = toExchange(event as SessionEvent);
  for (const [name, value] of Object.entries(refusal.headers)) exchange.response?.setForError(name, value);
  return new RateLimitError({ ...refusal, headers: { ...fieldsOf(exchange), ...refusal.headers } });
}

class RateLimitError extends SessionHttpError {
  readonly #refusal: Refusal;

  constructor(refusal: Refusal) {
    const code = refusal.status === 503 ? "ERR_STORE_UNAVAILABLE" : "ERR_RATE_LIMITED";
    super(refusal.status, refusal.text, refusal.text, code, refusal.headers);
    this.#refusal = refusal;
  }

  /** What crossws answers a handshake with. */
  get response(): Response {
    const { status, body, headers } = this.#refusal;
    return new Response(JSON.stringify(body), { status, headers });
  }

  override toJSON(): object {
    return this.#refusal.body;
  }
}

function answered(event: RateLimitEvent, plan: Plan): string | undefined | Promise<string | undefined> {
  return whenReady(decide(event as SessionEvent, plan), (verdict) => {
    tell(verdict);
    if (verdict.decision.allowed) return undefined;
    return refuse(verdict.exchange, refusalOf(verdict.decision, plan.answers));
  });
}

function planOf(options: object): Plan {
  let plan = plans.get(options);
  if (!plan) {
    plan = readPlan(options);
    plans.set(options, plan);
  }
  return plan;
}

function countsOf({ limiter, rules }: Plan): Record<string, LimitCounts> {
  const all: Readonly<Record<string, LimitCounts | undefined>> = limiter.counts();
  const own = rules.flatMap(({ name }) => {
    const counts = all[name];
    return counts ? [[name, counts] as const] : [];
  });
  return Object.fromEntries(own);
}
