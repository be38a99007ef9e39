import { debug } from "../debug.js";
import { ironkeepError } from "../errors.js";
import { type Exchange, toExchange } from "./_h3.js";
import { type CsrfFacts, type CsrfReason, decide, isSafeMethod, type TokenState } from "./csrf-decision.js";
import {
  type CsrfCheckOptions,
  type CsrfOptions,
  type CsrfPolicy,
  type CsrfRequest,
  readCsrfOptions,
} from "./csrf-options.js";
import { SessionHttpError } from "./http-error.js";
import { getSession, updateSession } from "./session.js";
import { sessionName, sessionSealer } from "./session-config.js";
import { sessionRequest } from "./request.js";
import { isInsideCache, liveOf } from "./state.js";
import type { HeadersLike, SessionConfig, SessionEvent } from "./types.js";
import { orUnavailable } from "./unavailable.js";

/** No token of ours is longer, and no longer text is looked at. */
const MAX_TOKEN_LENGTH = 256;

/** An event, a WebSocket peer, or the request of a WebSocket's `upgrade` hook. */
export type CsrfEvent = SessionEvent | { readonly headers: HeadersLike };

/** What {@link defineCsrfProtection} gives: a middleware for h3 v1 and v2. */
export interface CsrfProtection {
  (event: SessionEvent): Promise<void> | undefined;
  /** h3 v1's mark of an event handler. */
  readonly __is_handler__: true;
  /** Puts the check in front of a handler, for routes that no middleware covers. */
  wrap<E extends SessionEvent, R>(
    handler: (event: E) => R,
  ): ((event: E) => Promise<Awaited<R>>) & { __is_handler__: true };
}

/** A refusal. Responses tell its code alone; the reason is for `onError`, and for `NODE_DEBUG=ironkeep`. */
class CsrfError extends SessionHttpError {
  readonly reason: CsrfReason;

  constructor(reason: CsrfReason) {
    const message = "The request may have been sent by another site, or lacks a valid CSRF token";
    super(403, "Forbidden", message, "ERR_CSRF", { "cache-control": "no-store" });
    this.reason = reason;
  }

  /** What crossws answers a handshake with. Without it an error in an `upgrade` hook ends the process. */
  get response(): Response {
    const { status, statusText, headers } = this;
    return new Response(this.message, { status, statusText, headers });
  }
}

/**
 * Makes a middleware that refuses requests which another site may have made a browser send. Requests that change nothing by
 * their method (GET, HEAD, OPTIONS) pass, but for WebSocket handshakes.
 *
 * @param options see {@link CsrfOptions}. With `session` a token is required in the header as well.
 * @returns for `app.use`; its `wrap` is for single handlers. It throws as {@link checkCsrf}.
 * @throws `ERR_CONFIG` for options that do not exist or have the wrong form.
 */
export function defineCsrfProtection(options: CsrfOptions = {}): CsrfProtection {
  const policy = readCsrfOptions(options);
  const protect = (event: SessionEvent): Promise<void> | undefined => check(event, policy, undefined);
  const wrap = <E extends SessionEvent, R>(handler: (event: E) => R) => {
    const wrapped = async (event: E): Promise<Awaited<R>> => {
      await check(event, policy, undefined);
      return await handler(event);
    };
    return Object.assign(wrapped, { __is_handler__: true as const });
  };
  return Object.assign(protect, { __is_handler__: true as const, wrap });
}

/**
 * Refuses a request which another site may have made a browser send, by `Sec-Fetch-Site`, then by `Origin`. With `session` its
 * token is required too: `options.token`, or the header.
 *
 * @throws `ERR_CSRF` as a 403; `ERR_CONFIG` as {@link defineCsrfProtection}, and for a `token` without `session`; what
 * `getSession` throws.
 */
export async function checkCsrf(event: SessionEvent, options: CsrfCheckOptions = {}): Promise<void> {
  const { token, ...others } = options;
  if ("token" in options && !options.session) {
    throw ironkeepError("ERR_CONFIG", "session: has to be the configuration of the session that the token is of");
  }
  await check(event, readCsrfOptions(others), token);
}

/**
 * Refuses a request of another site whatever its method: for a WebSocket's `upgrade` hook, and for a GET that does something.
 * No token is asked for, since a handshake has no place for one.
 *
 * @throws `ERR_CSRF` as a 403, which ends a handshake too; `ERR_CONFIG` as {@link defineCsrfProtection}, and for `session` and
 * `tokenHeader`.
 */
export function checkOrigin(event: CsrfEvent, options: Omit<CsrfOptions, "session" | "tokenHeader"> = {}): void {
  const exchange = toExchange(event as SessionEvent);
  const policy = readCsrfOptions(options);
  const given = ["session", "tokenHeader"].find((option) => option in Object(options));
  // Who gives it believes that a token is asked for.
  if (given)
    throw ironkeepError("ERR_CONFIG", `${given}: checkOrigin asks for no token; use checkCsrf, or leave it out`);
  const request = requestOf(exchange);
  if (!policy.isBypassed(request)) judge(exchange, request, policy, true, "not required");
}

/**
 * A CSRF token for the session of this request, for a form's field or for the header. Each call gives another, and all of them
 * are good for as long as the session has its id. A new session's cookie is set, also with `lazy`, and the response is
 * `no-store` unless the app set its own.
 *
 * @returns an empty text inside a cached or prerendered handler, where there is no session.
 * @throws `ERR_KEY_WEAK` for a password that looks typed, `ERR_READ_ONLY` for a new session in a WebSocket hook, and what
 * `useSession` throws.
 */
export async function csrfToken(event: SessionEvent, config: SessionConfig): Promise<string> {
  let session = await getSession(event, config);
  const exchange = sessionRequest(toExchange(event), config);
  if (!exchange) return "";
  // The id has to be there at the next request, so what would only be in memory is written.
  const live = liveOf(exchange, sessionName(config));
  if (!session.id || live.isNew) session = await updateSession(event, config);
  else if (live.issuing) await live.issuing;
  if (exchange.response && !exchange.response.isSent) exchange.response.setDefault("cache-control", "no-store");
  return sessionSealer(config, exchange.major).csrfToken(session.id, Date.now());
}

/** At once where no token is required, so that most requests make no promise. */
function check(event: SessionEvent, policy: CsrfPolicy, token: unknown): Promise<void> | undefined {
  const exchange = toExchange(event);
  const isUnsafe = !isSafeMethod(exchange.method);
  const isHandshake = exchange.isSocket || isUpgrade(exchange);
  if (!isUnsafe && !isHandshake) return undefined;
  const request = requestOf(exchange);
  if (policy.isBypassed(request)) return undefined;
  judge(exchange, request, policy, isHandshake, "not required");
  if (!policy.session || !isUnsafe) return undefined;
  const state = stateOf(event, exchange, policy.session, token ?? exchange.header(policy.tokenHeader));
  return state.then((known) => judge(exchange, request, policy, isHandshake, known));
}

/** @throws `ERR_CSRF`. */
function judge(
  exchange: Exchange,
  request: CsrfRequest,
  policy: CsrfPolicy,
  isHandshake: boolean,
  token: TokenState,
): void {
  // A cache hides the headers of the visitor, and its answer goes to others.
  if (isInsideCache(exchange)) throw refusal(exchange, "cached");
  const facts: CsrfFacts = {
    method: exchange.method,
    isHandshake,
    site: exchange.header("sec-fetch-site"),
    origin: exchange.header("origin"),
    host: (policy.xForwardedHost && first(exchange.header("x-forwarded-host"))) || exchange.host,
    scheme: schemeOf(exchange, policy),
    token,
  };
  const isAllowedOrigin = (origin: string): boolean => policy.isAllowedOrigin(origin, request);
  const reason = decide(facts, { ...policy, isAllowedOrigin });
  if (reason) throw refusal(exchange, reason);
}

async function stateOf(
  event: SessionEvent,
  exchange: Exchange,
  config: SessionConfig,
  token: unknown,
): Promise<TokenState> {
  if (token === undefined || token === "") return "absent";
  if (typeof token !== "string" || token.length > MAX_TOKEN_LENGTH) return "invalid";
  const { id } = await getSession(event, config);
  // A session that began with this request has no token yet.
  if (!id || liveOf(exchange, sessionName(config)).isNew) return "invalid";
  const sealer = sessionSealer(config, exchange.major);
  const isValid = await orUnavailable(exchange, () => sealer.verifyCsrfToken(id, token, Date.now()));
  return isValid ? "valid" : "invalid";
}

function isUpgrade(exchange: Exchange): boolean {
  const upgrade = exchange.header("upgrade");
  return (upgrade !== undefined && /websocket/i.test(upgrade)) || exchange.header("sec-websocket-key") !== undefined;
}

function schemeOf(exchange: Exchange, policy: CsrfPolicy): CsrfFacts["scheme"] {
  const forwarded = policy.xForwardedProto ? first(exchange.header("x-forwarded-proto")) : undefined;
  if (forwarded === "http" || forwarded === "https") return forwarded;
  return exchange.isEncrypted ? "https" : undefined;
}

/** Each proxy adds what it was asked for behind what it was told. */
function first(list: string | undefined): string | undefined {
  return list?.split(",", 1)[0]?.trim() || undefined;
}

/** What an app's own rules see of a request. */
function requestOf(exchange: Exchange): CsrfRequest {
  return {
    method: exchange.method,
    get path() {
      return exchange.path;
    },
    header: (name) => exchange.header(name.toLowerCase()),
  };
}

function refusal(exchange: Exchange, reason: CsrfReason): CsrfError {
  debug(`a request is refused as cross-site: ${reason}`);
  exchange.response?.setForError("cache-control", "no-store");
  return new CsrfError(reason);
}
