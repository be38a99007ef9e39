import { type Exchange, toExchange } from "./_h3.js";
import { sessionHeader, sessionName } from "./session-config.js";
import { begin, isInsideCache, outerOf } from "./state.js";
import type { SessionConfig, SessionEvent } from "./types.js";

/** Where a context has the request that it was made for, so that what is given a copy of it finds that. */
const REQUEST = Symbol("ironkeep.request");

/**
 * Records a request when it begins, before anything else is done with it: what replaces it later is a cache. A request that the app
 * makes of itself, with the context and the cookies of the one that it is handling, is part of that one from then on.
 */
export function record(event: SessionEvent): void {
  const exchange = toExchange(event);
  const behind = requestBehind(exchange);
  // What asks from inside a cache may pass the visitor's cookies on, and the answer goes to everybody.
  const isCached = behind !== undefined && isInsideCache(toExchange(behind));
  const outer = behind && !isCached && isOfSameVisitor(exchange, toExchange(behind)) ? behind : undefined;
  begin(exchange, outer, isCached);
  exchange.context[REQUEST] = outer ?? event;
}

/**
 * The request whose session it is: this one, or the one that it is part of, whose response carries the cookie. `undefined` inside a
 * cache.
 */
export function sessionRequest(exchange: Exchange, config: Partial<SessionConfig>): Exchange | undefined {
  if (isInsideCache(exchange)) return undefined;
  const event = outerOf(exchange);
  if (!event) return exchange;
  const outer = toExchange(event);
  const header = sessionHeader(config, sessionName(config));
  // Another session than the visitor's was asked for.
  if (header !== undefined && outer.header(header) !== exchange.header(header)) return exchange;
  return isInsideCache(outer) ? undefined : outer;
}

function requestBehind(exchange: Exchange): SessionEvent | undefined {
  const event = exchange.origin?.[REQUEST] as SessionEvent | undefined;
  return event && toExchange(event).owner !== exchange.owner ? event : undefined;
}

function isOfSameVisitor(exchange: Exchange, outer: Exchange): boolean {
  // nitropack's cached handlers share the context of the request that they must know nothing of.
  if (exchange.major === 1 && outer.context["cache"] !== undefined) return false;
  return outer.header("cookie") === exchange.header("cookie");
}
