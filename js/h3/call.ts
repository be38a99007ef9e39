import type { Sealer } from "../engine/index.js";
import { type IronkeepError, ironkeepError } from "../errors.js";
import { warnOnce } from "../warn.js";
import { type Exchange, toExchange } from "./_h3.js";
import { sessionRequest } from "./request.js";
import { cookieWriter, sessionName, sessionSealer } from "./session-config.js";
import { type Live, liveOf } from "./state.js";
import type { SessionConfig, SessionEvent } from "./types.js";

/** One call of a helper: the request, the configuration, and the session's state within the request. */
export interface Call {
  readonly exchange: Exchange;
  readonly config: SessionConfig;
  readonly sealer: Sealer;
  readonly name: string;
  readonly live: Live;
}

/** What a helper does to the session. */
export type Verb = "clear" | "destroy" | "flash" | "regenerate" | "replace" | "touch" | "update";

/** `undefined` inside a cache, where there is no session. */
export function toCall(event: SessionEvent, config: SessionConfig): Call | undefined {
  const exchange = toExchange(event);
  const sealer = sessionSealer(config, exchange.major);
  const name = sessionName(config);
  // Otherwise the cookie is looked at when one is written.
  if (config.strict && config.cookie !== false) cookieWriter(config, name, exchange.major);
  const request = sessionRequest(exchange, config);
  if (!request) {
    warnCached(exchange);
    return undefined;
  }
  const live = liveOf(request, name);
  requireUnstored(live, name);
  return { exchange: request, config, sealer, name, live };
}

/**
 * The call of a helper that writes.
 *
 * @throws `ERR_READ_ONLY` in a WebSocket hook.
 */
export function toWritingCall(event: SessionEvent, config: SessionConfig, verb: Verb): Call | undefined {
  const call = toCall(event, config);
  if (call?.exchange.isSocket) throw readOnly(verb);
  return call;
}

/** @throws `ERR_CONFIG` where the request's session is in a store: sealed, it would go on when that has ended. */
export function requireUnstored(live: Live, name: string): void {
  if (live.kept || live.opening) throw twoKinds(name);
}

/** The error of two configurations of a name, of which one keeps the session in a store. */
export function twoKinds(name: string): IronkeepError {
  return ironkeepError(
    "ERR_CONFIG",
    `Of two configurations of the session "${name}" in one request one has a \`store\` and the other has none: give it to both`,
  );
}

/** Says once for each route that there is no session. */
export function warnCached(exchange: Exchange): void {
  warnOnce(
    `A session was used inside the cached or prerendered handler ${exchange.route ?? ""}, whose answer goes to everybody. ` +
      "It is empty there, and what is written is dropped: use the session outside of the cache",
  );
}

/** The error of a write that no response can carry. */
export function readOnly(verb: Verb): IronkeepError {
  return ironkeepError("ERR_READ_ONLY", `[h3] Cannot ${verb} read-only session.`);
}
