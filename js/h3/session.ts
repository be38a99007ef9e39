import { ironkeepError } from "../errors.js";
import { unsealText } from "../sealing.js";
import { majorOf, toExchange } from "./_h3.js";
import { admit, asked, promised } from "./admission.js";
import { type Call, readOnly, requireUnstored, toCall, toWritingCall, type Verb, warnCached } from "./call.js";
import { applyChecked, checkCurrent } from "./checked-updates.js";
import { readChunkCount } from "./cookies.js";
import { lastEnd } from "./lifetime.js";
import { forget, open, parseSession, presented } from "./opening.js";
import { sessionRequest } from "./request.js";
import type { SessionRevocation } from "./revocation.js";
import * as stored from "./stored/index.js";
import { cookieWriter, sessionName, sessionSealer } from "./session-config.js";
import type { StandardSchemaV1 } from "../standard-schema.js";
import { emptySession, liveOf, mirror } from "./state.js";
import type {
  DataOf,
  Session,
  SessionConfig,
  SessionConfigWith,
  SessionData,
  SessionEvent,
  SessionUpdate,
} from "./types.js";
import { orUnavailable } from "./unavailable.js";
import { apply, putInPlace } from "./updates.js";
import { seal, write } from "./writing.js";

/**
 * Gets the session of this request. A new session is in memory alone until something is written.
 *
 * @throws `ERR_CONFIG` and `ERR_KEY_WEAK` for a configuration that cannot work; `ERR_BUSY` as a 503 when too many first-seen
 * tokens wait, `ERR_STORE_UNAVAILABLE` when the revocation or the store fails, and `ERR_STORE_TIMEOUT` and `ERR_STORE_CLOSED`
 * with a store; `ERR_SCHEMA` with `onInvalid: "reject"`. A token that is
 * forged, expired, revoked or broken is no error: it means a new session.
 */
export async function getSession<
  T extends SessionData = SessionData,
  S extends StandardSchemaV1 | undefined = StandardSchemaV1 | undefined,
>(event: SessionEvent, config: SessionConfigWith<S>): Promise<Session<DataOf<T, S>>> {
  if (stored.isStored(config)) return stored.get(event, config) as Promise<Session<DataOf<T, S>>>;
  const call = toCall(event, config);
  return (call ? await open(call) : emptySession()) as Session<DataOf<T, S>>;
}

/**
 * Merges a partial into the session's data, or what a function gives for the data, and sets the cookie, also when nothing
 * changed. Parallel updates of one request all survive; one whose session is cleared meanwhile is dropped.
 *
 * An async function sees the data as the updates before it left it, so it must not wait for another function's update.
 *
 * @throws as {@link getSession}; `ERR_SCHEMA` for what the schema refuses, and then nothing has changed; `ERR_READ_ONLY` in a
 * WebSocket hook, but for a session that a store has; `ERR_COOKIE_TOO_LARGE`, and then the cookie has not changed. With a
 * store: `ERR_SESSION_NOT_FOUND` for a session that ended elsewhere, `ERR_SESSION_CONFLICT`, `ERR_SESSION_TOO_LARGE`.
 */
export async function updateSession<
  T extends SessionData = SessionData,
  S extends StandardSchemaV1 | undefined = StandardSchemaV1 | undefined,
>(
  event: SessionEvent,
  config: SessionConfigWith<S>,
  update?: SessionUpdate<DataOf<T, S>>,
): Promise<Session<DataOf<T, S>>> {
  if (stored.isStored(config))
    return stored.update(event, config, update as SessionUpdate) as Promise<Session<DataOf<T, S>>>;
  return change(event, config, update as SessionUpdate | undefined, "update") as Promise<Session<DataOf<T, S>>>;
}

/**
 * Puts other data in the place of all that the session has, and sets the cookie.
 *
 * @throws as {@link updateSession}; `ERR_CONFIG` for what is no object.
 */
export async function replaceSession<
  T extends SessionData = SessionData,
  S extends StandardSchemaV1 | undefined = StandardSchemaV1 | undefined,
>(event: SessionEvent, config: SessionConfigWith<S>, data: SessionData<DataOf<T, S>>): Promise<Session<DataOf<T, S>>> {
  if (stored.isStored(config)) return stored.replace(event, config, data) as Promise<Session<DataOf<T, S>>>;
  if (typeof data !== "object" || data === null || Array.isArray(data)) {
    throw ironkeepError("ERR_CONFIG", "replace: the data of a session has to be an object");
  }
  const copy = { ...data };
  return change(event, config, (old) => putInPlace(old, copy), "replace") as Promise<Session<DataOf<T, S>>>;
}

async function change(
  event: SessionEvent,
  config: SessionConfig,
  update: SessionUpdate | undefined,
  verb: Verb,
): Promise<Session> {
  const call = toWritingCall(event, config, verb);
  if (!call) return emptySession();
  const opened = open(call);
  const session = opened instanceof Promise ? await opened : opened;
  const applied = config.schema ? applyChecked(call, session, update) : apply(call.live, session, update);
  if (applied) await applied;
  if (call.live.session === session) {
    const written = write(call);
    if (written) await written;
  }
  return session;
}

/**
 * Slides `idleTimeout` now: seals the session again, and sets its cookie; or has the store begin it again. Without `idleTimeout`, and for a session that no
 * cookie holds, there is nothing to do.
 *
 * @throws as {@link updateSession}.
 */
export async function touchSession(event: SessionEvent, config: SessionConfig): Promise<void> {
  if (stored.isStored(config)) return stored.touch(event, config);
  const call = toWritingCall(event, config, "touch");
  if (!call || !config.idleTimeout || (call.live.cleared && !call.live.session)) return;
  const session = await open(call);
  if (call.live.isNew) return;
  await checkCurrent(call, session);
  if (call.live.session === session) await write(call);
}

/**
 * Seals the session of this request into a token, without setting a cookie.
 *
 * @throws as {@link updateSession}.
 */
export async function sealSession<_T extends SessionData = SessionData>(
  event: SessionEvent,
  config: SessionConfig,
): Promise<string> {
  if (stored.isStored(config)) return stored.seal(event, config);
  const call = toCall(event, config);
  if (!call) return seal(sessionSealer(config, majorOf(event) ?? 2), emptySession(), config);
  for (;;) {
    const opened = open(call);
    const session = opened instanceof Promise ? await opened : opened;
    // One that is cleared meanwhile is not what the caller asks for any more; cleared while it was read, it has no id either.
    if (call.live.session !== session) continue;
    const checked = checkCurrent(call, session);
    if (checked) await checked;
    // Waited for also where it is there: a clear that was called meanwhile comes first.
    const token = await orUnavailable(call.exchange, () => seal(call.sealer, session, config));
    if (call.live.session === session) return token;
  }
}

/**
 * Opens a token and checks its age, and what the configuration's revocation and schema say to it.
 *
 * @param event tells h3's major, and with it which tokens are old; both are read. It may be null.
 * @throws `ERR_SEAL_INVALID`, `ERR_SEAL_EXPIRED`, `ERR_KEY_UNKNOWN`, `ERR_SESSION_REVOKED`, `ERR_SCHEMA`, and as
 * {@link getSession}.
 */
export async function unsealSession(
  event: SessionEvent | null | undefined,
  config: SessionConfig,
  sealed: string,
): Promise<Partial<Session>> {
  if (stored.isStored(config)) return stored.unseal(event, config, sealed);
  const sealer = sessionSealer(config, majorOf(event) ?? 2);
  if (typeof sealed !== "string") throw ironkeepError("ERR_SEAL_INVALID", "The sealed session has to be a string");
  const exchange = majorOf(event) && toExchange(event as SessionEvent);
  const unsealed = orUnavailable(exchange, () => unsealText(sealer, sealed));
  const opened = unsealed instanceof Promise ? await unsealed : unsealed;
  const session = parseSession(typeof opened === "string" ? opened : opened.payload, config);
  return session ? admit({ exchange, config, name: sessionName(config) }, session) : (session as unknown as Session);
}

/**
 * Ends the session of this request and deletes its cookie. The work is done before the promise is returned. Another copy of
 * the cookie stays good until it expires: see {@link destroySession}, which this is for a session in a store.
 *
 * @throws `ERR_READ_ONLY` in a WebSocket hook; with a store as {@link destroySession}.
 */
export async function clearSession(event: SessionEvent, config: Partial<SessionConfig>): Promise<void> {
  if (stored.isStored(config)) return stored.destroy(event, config);
  clear(event, config, "clear");
}

/**
 * Ends the session of this request and deletes its cookie, as {@link clearSession}. Where the configuration has a revocation
 * that can, or a store, it ends the session itself first, so that no other copy of the cookie is good any more.
 *
 * @throws `ERR_READ_ONLY` in a WebSocket hook, but with a store; `ERR_STORE_UNAVAILABLE` as a 503 when the revocation or the
 * store fails, and then nothing has changed; as {@link getSession}, where there is one of the two.
 */
export async function destroySession(event: SessionEvent, config: SessionConfig): Promise<void> {
  if (stored.isStored(config)) return stored.destroy(event, config);
  if (!config.revocation?.revokeSession) return clear(event, config, "destroy");
  // Data that its schema refuses must not keep anybody from signing out.
  const call = toWritingCall(event, { ...config, schema: undefined }, "destroy");
  if (call) await revoke(call, config.revocation);
  clear(event, config, "destroy");
  if (call) call.live.left = null;
}

async function revoke(call: Call, revocation: SessionRevocation): Promise<void> {
  const { live, config } = call;
  const wasOpen = live.session !== undefined;
  const isCleared = (): boolean => live.cleared && !live.session;
  const opened = isCleared() ? undefined : await open(call);
  // What was cleared before, or meanwhile, is to be ended all the same.
  const session = opened && !isCleared() ? opened : await cleared(call);
  if (!session?.id || (session === live.session && live.isNew)) return;
  const until = lastEnd(session, config, Date.now());
  try {
    await asked(call, () => promised(revocation.revokeSession?.(String(session.id), until, userOf(session))));
  } catch (error) {
    // What was opened without its schema is not for anybody else.
    if (!wasOpen && opened) forget(call, opened);
    throw error;
  }
}

/** The session that this request had, or would have had, when it was cleared. */
async function cleared(call: Call): Promise<Partial<Session> | null | undefined> {
  const { left } = call.live;
  return left === undefined ? presented(call) : left;
}

/** What a token holds may be anything. */
function userOf({ userId }: { userId?: unknown }): string | undefined {
  return typeof userId === "string" ? userId : undefined;
}

function clear(event: SessionEvent, config: Partial<SessionConfig>, verb: Verb): void {
  const given = toExchange(event);
  const exchange = sessionRequest(given, config);
  if (!exchange) return warnCached(given);
  if (exchange.isSocket) throw readOnly(verb);
  const name = sessionName(config);
  const live = liveOf(exchange, name);
  requireUnstored(live, name);
  const { session, isNew } = live;
  if (session?.id) live.left = isNew ? null : session;
  Object.assign(live, { session: undefined, loading: undefined, issuing: undefined, isNew: false, cleared: true });
  mirror(exchange, name, undefined);
  if (exchange.response && config.cookie !== false) {
    const chunks = readChunkCount(exchange.header("cookie"), name);
    live.staged = cookieWriter(config, name, exchange.major).clear(exchange.response, chunks, live.staged);
  }
}
