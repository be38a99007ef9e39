import { debug } from "../debug.js";
import type { Sealer, StaleSeal } from "../engine/index.js";
import { type ErrorCode, type IronkeepError, ironkeepError, isIronkeepError } from "../errors.js";
import { parseJson } from "../iron/json.js";
import { whenReady } from "../later.js";
import { sealText, unsealText } from "../sealing.js";
import { warnOnce } from "../warn.js";
import { type Exchange, majorOf, toExchange } from "./_h3.js";
import { readChunkCount, readSessionCookie } from "./cookies.js";
import { SessionHttpError } from "./http-error.js";
import { expiryOf, isExpired, shouldSlide } from "./lifetime.js";
import { withReads } from "./manager.js";
import { cookieWriter, sessionHeader, sessionName, sessionSealer } from "./session-config.js";
import { emptyData, emptySession, isInsideCache, type Live, liveOf, mirror } from "./state.js";
import type { Session, SessionConfig, SessionData, SessionEvent, SessionManager, SessionUpdate } from "./types.js";
import { apply } from "./updates.js";

/** One call of a helper: the request, the configuration, and the session's state within the request. */
interface Call {
  readonly exchange: Exchange;
  readonly config: SessionConfig;
  readonly sealer: Sealer;
  readonly name: string;
  readonly live: Live;
}

interface Unsealed {
  readonly session: Partial<Session> | null;
  /** Whether the token should be replaced by a new one. */
  readonly isStale: boolean;
}

/**
 * Gets the session of this request, and a manager to change it. A new session's cookie is set at once, unless `lazy`.
 *
 * @param event an event of h3 v1 or v2, or a WebSocket peer, whose session can be read alone.
 * @param config see {@link SessionConfig}.
 * @throws `ERR_CONFIG` and `ERR_KEY_WEAK` for a configuration that cannot work; `ERR_BUSY` as a 503 when too many first-seen
 * tokens wait. A token that is forged, expired or broken is no error: it means a new session.
 */
export async function useSession<T extends SessionData = SessionData>(
  event: SessionEvent,
  config: SessionConfig,
): Promise<SessionManager<T>> {
  const call = toCall(event, config);
  if (!call) return cachedManager<T>(toExchange(event));
  const { live } = call;
  const opened = open(call);
  if (opened instanceof Promise) await opened;
  if (live.isNew && !live.cleared && !config.lazy) {
    const written = write(call);
    if (written) await written;
  }
  const manager: SessionManager<T> = withReads<T>(live, {
    update: async (update) => {
      await updateSession<T>(event, config, update);
      return manager;
    },
    clear: async () => {
      await clearSession(event, config);
      return manager;
    },
  });
  return manager;
}

/**
 * Gets the session of this request. A new session is in memory alone until something is written.
 *
 * @throws as {@link useSession}.
 */
export async function getSession<T extends SessionData = SessionData>(
  event: SessionEvent,
  config: SessionConfig,
): Promise<Session<T>> {
  const call = toCall(event, config);
  return (call ? await open(call) : emptySession()) as Session<T>;
}

/**
 * Merges a partial into the session's data, or what a function gives for the data, and sets the cookie, also when nothing
 * changed. Parallel updates of one request all survive; one whose session is cleared meanwhile is dropped.
 *
 * An async function sees the data as the updates before it left it, so it must not wait for another function's update.
 *
 * @throws as {@link useSession}, and `ERR_READ_ONLY` in a WebSocket hook.
 */
export async function updateSession<T extends SessionData = SessionData>(
  event: SessionEvent,
  config: SessionConfig,
  update?: SessionUpdate<T>,
): Promise<Session<T>> {
  const call = toCall(event, config);
  if (!call) return emptySession() as Session<T>;
  if (call.exchange.isSocket) throw readOnly("update");
  const session = await open(call);
  await apply(call.live, session, update as SessionUpdate | undefined);
  if (call.live.session === session) {
    const written = write(call);
    if (written) await written;
  }
  return session as Session<T>;
}

/**
 * Seals the session of this request into a token, without setting a cookie.
 *
 * @throws as {@link useSession}.
 */
export async function sealSession<_T extends SessionData = SessionData>(
  event: SessionEvent,
  config: SessionConfig,
): Promise<string> {
  const call = toCall(event, config);
  if (!call) return seal(sessionSealer(config, majorOf(event) ?? 2), emptySession(), config);
  let session = await open(call);
  // A session that was cleared while it was read has no id, and is not what the caller asks for.
  if (!session.id) session = await open(call);
  return orUnavailable(call.exchange, () => seal(call.sealer, session, config));
}

/**
 * Opens a token and checks its age.
 *
 * @param event tells h3's major, and with it which tokens are old; both are read. It may be null.
 * @throws `ERR_SEAL_INVALID`, `ERR_SEAL_EXPIRED`, `ERR_KEY_UNKNOWN`, and as {@link useSession}.
 */
export async function unsealSession(
  event: SessionEvent | null | undefined,
  config: SessionConfig,
  sealed: string,
): Promise<Partial<Session>> {
  const sealer = sessionSealer(config, majorOf(event) ?? 2);
  if (typeof sealed !== "string") throw ironkeepError("ERR_SEAL_INVALID", "The sealed session has to be a string");
  const exchange = majorOf(event) && toExchange(event as SessionEvent);
  const opened = await orUnavailable(exchange, () => unsealText(sealer, sealed));
  return parse(typeof opened === "string" ? opened : opened.payload, config) as Partial<Session>;
}

/**
 * Ends the session of this request and deletes its cookie. The work is done before the promise is returned.
 *
 * @throws `ERR_READ_ONLY` in a WebSocket hook.
 */
export async function clearSession(event: SessionEvent, config: Partial<SessionConfig>): Promise<void> {
  const exchange = toExchange(event);
  if (isInsideCache(exchange)) return warnCached(exchange);
  if (exchange.isSocket) throw readOnly("clear");
  const name = sessionName(config);
  const live = liveOf(exchange, name);
  Object.assign(live, { session: undefined, loading: undefined, isNew: false, cleared: true });
  mirror(exchange, name, undefined);
  if (exchange.response && config.cookie !== false) {
    const chunks = readChunkCount(exchange.header("cookie"), name);
    live.staged = cookieWriter(config, name, exchange.major).clear(exchange.response, chunks, live.staged);
  }
}

/** `undefined` inside a cache, where there is no session. */
function toCall(event: SessionEvent, config: SessionConfig): Call | undefined {
  const exchange = toExchange(event);
  const sealer = sessionSealer(config, exchange.major);
  if (isInsideCache(exchange)) {
    warnCached(exchange);
    return undefined;
  }
  const name = sessionName(config);
  return { exchange, config, sealer, name, live: liveOf(exchange, name) };
}

/** The session, from this request's state or its token. A promise only where there is something to wait for. */
function open(call: Call): Session | Promise<Session> {
  const { live, exchange, config, name } = call;
  if (live.session && exchange.isSocket && isExpired(live.session, config, Date.now())) {
    // A socket outlives requests: its session ends when it would end for the next request.
    live.session = undefined;
    live.cleared = true;
  }
  if (live.session) return live.loading ?? live.session;
  const session = emptySession();
  live.session = session;
  mirror(exchange, name, session);
  const header = live.cleared ? undefined : headerToken(call);
  if (live.cleared || (!header && !exchange.header("cookie"))) {
    try {
      return begin(call, session);
    } catch (error) {
      forget(call, session);
      throw error;
    }
  }
  return load(call, session, header);
}

/** Undoes an opening that failed: the next call starts anew, and nothing of this one is left to be written. */
function forget({ live, exchange, name }: Call, session: Session): void {
  if (live.session !== session) return;
  live.session = undefined;
  mirror(exchange, name, undefined);
}

function headerToken({ exchange, config, name }: Call): string | undefined {
  const header = sessionHeader(config, name);
  return (header && exchange.header(header)) || undefined;
}

/** Reads the token of the header, then that of the cookie. */
function load(call: Call, session: Session, header: string | undefined): Session | Promise<Session> {
  const { live } = call;
  try {
    const fromHeader = header ? unsealed(call, header) : undefined;
    const loaded = whenReady(fromHeader, (opened) => {
      if (!opened?.session?.id) return loadCookie(call, session);
      restore(call, session, opened.session);
      return identify(call, session);
    });
    if (!(loaded instanceof Promise)) return loaded;
    const loading = loaded
      .catch((error: unknown) => {
        forget(call, session);
        throw error;
      })
      .finally(() => {
        if (live.loading === loading) live.loading = undefined;
      });
    live.loading = loading;
    return loading;
  } catch (error) {
    forget(call, session);
    throw error;
  }
}

function loadCookie(call: Call, session: Session): Session | Promise<Session> {
  const { live, exchange, config, name } = call;
  const cookie = readSessionCookie(exchange.header("cookie"), name);
  const fromCookie = cookie ? unsealed(call, cookie) : undefined;
  return whenReady(fromCookie, (opened) => {
    if (!opened) return identify(call, session);
    restore(call, session, opened.session);
    const isLive = live.session === session && session.id;
    const isDue = isLive && (opened.isStale || shouldSlide(session, config, Date.now()));
    // A read must not fail where a cookie can no longer be set, such as in a stream.
    const written = isDue && !exchange.response?.isSent ? write(call) : undefined;
    return whenReady(written, () => identify(call, session));
  });
}

/** What a token holds, or `undefined` when it is refused, for whatever reason. */
function unsealed(call: Call, token: string): Unsealed | undefined | Promise<Unsealed | undefined> {
  try {
    const opened = orUnavailable(call.exchange, () => unsealText(call.sealer, token));
    if (!(opened instanceof Promise)) return read(opened, call.config);
    return opened.then((late) => read(late, call.config)).catch((error: unknown) => refused(call, error));
  } catch (error) {
    return refused(call, error);
  }
}

function read(opened: StaleSeal | string, config: SessionConfig): Unsealed {
  const isStale = typeof opened !== "string";
  return { session: parse(isStale ? opened.payload : opened, config), isStale };
}

function refused({ name }: Call, error: unknown): undefined {
  if (error instanceof SessionHttpError || (isIronkeepError(error) && NO_REFUSALS.has(error.code))) throw error;
  debug(`the token of the session "${name}" is refused: ${isIronkeepError(error) ? error.code : "not a session"}`);
}

/** Fills the session, unless it was cleared meanwhile. All that the token holds survives, as in h3. */
function restore(call: Call, session: Session, from: Partial<Session> | null): void {
  if (call.live.session !== session) return;
  for (const [key, value] of Object.entries(from ?? {})) {
    if (key === "data") Object.assign(session.data, value);
    else if (key !== "__proto__") (session as unknown as Record<string, unknown>)[key] = value;
  }
}

/** Gives a session without an id a new one, unless it was cleared meanwhile. */
function identify(call: Call, session: Session): Session {
  return session.id || call.live.session !== session ? session : begin(call, session);
}

function begin({ live, config }: Call, session: Session): Session {
  session.id = config.generateId?.() ?? (config.crypto ?? crypto).randomUUID();
  session.createdAt = Date.now();
  live.isNew = true;
  return session;
}

/** Seals the session and sets its cookie, unless it is cleared before the token is ready. */
function write(call: Call): void | Promise<void> {
  const { live, exchange, config, sealer } = call;
  const session = live.session;
  const wasNew = live.isNew;
  live.isNew = false;
  if (!session || config.cookie === false || !exchange.response) return;
  const failed = (error: unknown): never => {
    live.isNew = wasNew;
    throw error;
  };
  let token: string | Promise<string>;
  try {
    token = orUnavailable(exchange, () => seal(sealer, session, config));
  } catch (error) {
    return failed(error);
  }
  return token instanceof Promise
    ? token.catch(failed).then((late) => setCookie(call, session, late))
    : setCookie(call, session, token);
}

function setCookie({ live, exchange, config, name }: Call, session: Session, token: string): void {
  if (live.session !== session || !exchange.response) return;
  live.cleared = false;
  const chunks = readChunkCount(exchange.header("cookie"), name);
  const writer = cookieWriter(config, name, exchange.major);
  live.staged = writer.write(exchange.response, token, expiryOf(session, config), chunks, live.staged);
}

/** The text is made again after every wait, so that the last token always holds all that was written. */
function seal(sealer: Sealer, session: Session, config: SessionConfig): string | Promise<string> {
  return sealText(sealer, () => {
    if (config.idleTimeout) session.lastSeenAt = Date.now();
    return JSON.stringify(session);
  });
}

function parse(payload: string, config: SessionConfig): Partial<Session> | null {
  const session = (payload ? parseJson(payload) : null) as Partial<Session> | null;
  if (isExpired(session, config, Date.now())) throw ironkeepError("ERR_SEAL_EXPIRED", "Session expired!");
  return session;
}

function cachedManager<T extends SessionData>(exchange: Exchange): SessionManager<T> {
  const manager: SessionManager<T> = {
    id: undefined,
    data: emptyData() as SessionData<T>,
    update: async () => {
      warnCached(exchange);
      return manager;
    },
    clear: async () => {
      warnCached(exchange);
      return manager;
    },
  };
  return manager;
}

function warnCached(exchange: Exchange): void {
  warnOnce(
    `A session was used inside the cached or prerendered handler ${exchange.route ?? ""}, whose answer goes to everybody. ` +
      "It is empty there, and what is written is dropped: use the session outside of the cache",
  );
}

function readOnly(verb: "update" | "clear"): IronkeepError {
  return ironkeepError("ERR_READ_ONLY", `[h3] Cannot ${verb} read-only session.`);
}

/** What is wrong with us, and not with the token. A visitor must not be signed out by it. */
const NO_REFUSALS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "ERR_INTERNAL",
  "ERR_KEYRING_CLOSED",
  "ERR_KEYRING_UNAVAILABLE",
]);

/** What says nothing about the token: the same request may succeed in a second. */
const OUTAGES: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["ERR_BUSY", "ERR_KEYRING_UNAVAILABLE"]);

/** An outage is no sign-out: 503, and the client may try again. */
function orUnavailable<T>(exchange: Exchange | undefined, work: () => T | Promise<T>): T | Promise<T> {
  try {
    const result = work();
    return result instanceof Promise ? result.catch((error: unknown) => unavailable(exchange, error)) : result;
  } catch (error) {
    return unavailable(exchange, error);
  }
}

function unavailable(exchange: Exchange | undefined, error: unknown): never {
  if (!exchange || !isIronkeepError(error) || !OUTAGES.has(error.code)) throw error;
  // v1 sends no headers of an error, only those of the response.
  if (exchange.major === 1 && !exchange.response?.isSent) exchange.response?.setDefault("retry-after", "1");
  throw new SessionHttpError(503, "Service Unavailable", error.message, error.code, { "retry-after": "1" });
}
