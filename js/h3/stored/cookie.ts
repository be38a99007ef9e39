import { cookieOf, type StoredSession } from "../../sessions/engine.js";
import { readChunkCount } from "../cookies.js";
import { cookieWriter } from "../session-config.js";
import type { Verb } from "../call.js";
import { isCurrent, requireResponse, type StoredCall } from "./call.js";

/** Of the form of an id: 34 bytes in base64url. */
const ANY_ID = "A".repeat(46);

/**
 * Whether a new id can be given to the visitor. Asked before anything is stored under one: when its cookie failed afterwards,
 * the visitor would have lost the old one.
 *
 * @throws `ERR_READ_ONLY`; what signing throws.
 */
export async function requireCookie(call: StoredCall, verb: Verb): Promise<void> {
  requireResponse(call, verb);
  await requireRoom(call);
}

/**
 * Whether the cookie of a session may be set, whichever its id is.
 *
 * @throws `ERR_COOKIE_TOO_LARGE` under a `maxCookieBytes` that none fits into; what signing throws; as {@link cookieWriter}.
 */
export async function requireRoom({ config, exchange, name, stored }: StoredCall): Promise<void> {
  if (config.cookie === false) return;
  const writer = cookieWriter(config, name, exchange.major);
  writer.requireRoom(await cookieOf(stored, { id: ANY_ID }));
}

/** Sets the cookie where the visitor has none that is good for the session. Where none can be set, the next request does it. */
export async function giveCookie(call: StoredCall, session: StoredSession): Promise<void> {
  const { exchange, config, name, live, stored } = call;
  if (session.status !== "stored" || !session.needsCookie || config.cookie === false) return;
  if (!exchange.response || exchange.response.isSent) return;
  const { id } = session;
  const value = await cookieOf(stored, session);
  // Meanwhile it may have ended, or have got another id, which has a cookie of its own.
  if (!isCurrent(call, session) || session.status !== "stored" || session.id !== id) return;
  const writer = cookieWriter(config, name, exchange.major);
  // What the sealed session of before had, if any, was in so many parts.
  const chunks = readChunkCount(exchange.header("cookie"), name);
  const isLasting = config.maxAge || config.idleTimeout;
  // The idle time is the store's to judge, so that the cookie does not have to be set again and again.
  const expires = isLasting ? new Date(session.absoluteExpiresAt) : undefined;
  live.staged = writer.write(exchange.response, value, expires, chunks, live.staged);
  session.needsCookie = false;
}

/** Deletes the cookie. */
export function takeCookie({ exchange, config, name, live }: StoredCall): void {
  if (!exchange.response || exchange.response.isSent || config.cookie === false) return;
  const chunks = readChunkCount(exchange.header("cookie"), name);
  live.staged = cookieWriter(config, name, exchange.major).clear(exchange.response, chunks, live.staged);
}
