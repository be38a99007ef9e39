/**
 * What the Nuxt module's own handlers call on the server. It is apart from them, since they are compiled into the app, and the
 * state of a request's sessions may exist once alone.
 *
 * @module
 */
import { toExchange } from "../h3/_h3.js";
import { checkOrigin } from "../h3/csrf.js";
import { defineRateLimit } from "../h3/limits/rate-limit.js";
import type { RateLimit } from "../h3/limits/types.js";
import { destroySession, getSession } from "../h3/session.js";
import { isInsideCache } from "../h3/state.js";
import type { SessionEvent } from "../h3/types.js";
import { sessionConfig } from "../nitro/runtime/index.js";
import type { UserSession } from "./index.js";
import { type RouteLimit, limitOptions } from "./route-limits.js";

/** What the browser may know of the session whatever the module's `expose` says. */
const ALWAYS_EXPOSED = "user";

/**
 * The part of the session that reaches the browser. A response that holds some of it is `no-store`, unless the app set its own
 * Cache-Control.
 *
 * @param expose names of session data beside `user`.
 * @returns `undefined` inside a cached or prerendered page, which is the same for all: the browser has to ask for itself.
 * @throws as `getSession` of `ironkeep/h3`.
 */
export async function readUserSession(
  event: SessionEvent,
  expose: readonly string[],
): Promise<UserSession | undefined> {
  const exchange = toExchange(event);
  if (isInsideCache(exchange)) return undefined;
  const { data } = await getSession(event, sessionConfig());
  const exposed = [ALWAYS_EXPOSED, ...expose].filter((name) => Object.hasOwn(data, name));
  if (exposed.length > 0 && exchange.response?.isSent === false)
    exchange.response.setDefault("cache-control", "no-store");
  return Object.fromEntries(exposed.map((name) => [name, data[name]]));
}

/** The same as an answer of its own, which no cache keeps, whatever headers a rule of the app has for all of its API. */
export async function answerUserSession(event: SessionEvent, expose: readonly string[]): Promise<UserSession> {
  toExchange(event).response?.set("cache-control", "no-store");
  return (await readUserSession(event, expose)) ?? {};
}

/** Ends the session: every copy of its cookie, where there is a store or a revocation. */
export async function endUserSession(event: SessionEvent): Promise<void> {
  await destroySession(event, sessionConfig());
}

/**
 * The same for a request of the browser, which another site must not have caused.
 *
 * @throws `ERR_CSRF` as a 403.
 */
export async function answerSignOut(event: SessionEvent): Promise<UserSession> {
  checkOrigin(event as Parameters<typeof checkOrigin>[0]);
  toExchange(event).response?.set("cache-control", "no-store");
  await endUserSession(event);
  return {};
}

/** The limits of routes, as often as they are put together of the rules of a path: a few. */
const limits = new Map<string, RateLimit>();

/**
 * Counts a request of a route that has a limit.
 *
 * @param isDeveloping whether this is a development server: it is reached by a socket that tells no address, by whoever develops.
 * @returns the body of a refusal, whose status and headers are set; `undefined` for a request that may go on.
 */
export function limitRoute(
  event: SessionEvent,
  rule: RouteLimit,
  isDeveloping = false,
): string | undefined | Promise<string | undefined> {
  const key = JSON.stringify(rule);
  let limit = limits.get(key);
  if (!limit) {
    const by = isDeveloping ? "all" : "address";
    limit = defineRateLimit({ by, ...limitOptions(rule), session: sessionConfig() });
    limits.set(key, limit);
  }
  return limit(event);
}
