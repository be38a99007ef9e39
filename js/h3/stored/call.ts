import { ironkeepError } from "../../errors.js";
import { type Stored, type StoredSession, toStored } from "../../sessions/engine.js";
import { warnOnce } from "../../warn.js";
import { type Exchange, toExchange } from "../_h3.js";
import { readOnly, twoKinds, type Verb, warnCached } from "../call.js";
import { sessionRequest } from "../request.js";
import { checkConfig, cookieWriter, sessionName } from "../session-config.js";
import { emptySession, type Live, liveOf, mirror } from "../state.js";
import type { Session, SessionConfig, SessionEvent, StoredSessionConfig } from "../types.js";

/** One call of a helper on a session that is kept in a store. */
export interface StoredCall {
  readonly exchange: Exchange;
  readonly config: StoredSessionConfig;
  readonly name: string;
  readonly live: Live;
  readonly stored: Stored;
}

/** Whether the configuration has its sessions kept in a store. */
export function isStored(config: Partial<SessionConfig>): config is StoredSessionConfig {
  return config.store !== undefined;
}

/** What stored sessions have no use for: it would be a mistake to rely on it. */
const NO_USE = ["generateId", "crypto"] as const;

/**
 * What the engine works with.
 *
 * @throws `ERR_CONFIG`, `ERR_KEY_WEAK`.
 */
export function storedOf(config: StoredSessionConfig): Stored {
  checkConfig(config);
  if (config.revocation && !config.migrate) {
    throw ironkeepError(
      "ERR_CONFIG",
      "revocation: is for sealed sessions, and with a store for those that `migrate` takes over; use destroy, or revoke of createSessions",
    );
  }
  for (const option of NO_USE) {
    if (config[option] === undefined) continue;
    const text = `The session option "${option}" has no effect beside \`store\`, whose ids are Ironkeep's own`;
    if (config.strict) throw ironkeepError("ERR_CONFIG", text);
    warnOnce(text);
  }
  return toStored(config);
}

/** `undefined` inside a cache, where there is no session. */
export function toStoredCall(event: SessionEvent, config: StoredSessionConfig): StoredCall | undefined {
  const exchange = toExchange(event);
  const stored = storedOf(config);
  const name = sessionName(config);
  // Otherwise the cookie is looked at when one is written.
  if (config.strict && config.cookie !== false) cookieWriter(config, name, exchange.major);
  const request = sessionRequest(exchange, config);
  if (!request) {
    warnCached(exchange);
    return undefined;
  }
  const live = liveOf(request, name);
  if (live.session && !live.kept) throw twoKinds(name);
  return { exchange: request, config, name, live, stored };
}

/**
 * Whether a cookie can reach the visitor.
 *
 * @throws `ERR_READ_ONLY` if not: what would be stored under a new id could never be found again.
 */
export function requireResponse({ exchange, config }: StoredCall, verb: Verb): void {
  const isTold = config.cookie === false || (exchange.response && !exchange.response.isSent);
  if (exchange.isSocket || !isTold) throw readOnly(verb);
}

/** Whether a session object is still the one of this request: it may have been cleared meanwhile. */
export function isCurrent({ live }: StoredCall, session: StoredSession): boolean {
  return live.kept?.session === session;
}

/** Brings what the handlers see up to the state of the session. */
export function show({ live, exchange, name }: StoredCall): Session {
  if (!live.kept) return emptySession();
  const { session, view } = live.kept;
  const { id, createdAt, lastSeenAt, userId, authenticatedAt, data } = session;
  const seen = { id, createdAt, lastSeenAt, userId, authenticatedAt, data };
  // What ended is nobody's to read.
  const none = { ...emptySession(), lastSeenAt: 0, userId: undefined, authenticatedAt: undefined };
  Object.assign(view, session.status === "ended" ? none : seen);
  live.session = view;
  mirror(exchange, name, view);
  return view;
}
