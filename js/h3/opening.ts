import { emptyData } from "../data.js";
import { debug } from "../debug.js";
import type { StaleSeal } from "../engine/index.js";
import { type ErrorCode, ironkeepError, isIronkeepError } from "../errors.js";
import { parseJson } from "../iron/json.js";
import { whenReady } from "../later.js";
import { unsealText } from "../sealing.js";
import { admit, isDismissed, isRevoked } from "./admission.js";
import type { Call } from "./call.js";
import { readSessionCookie } from "./cookies.js";
import { SessionHttpError } from "./http-error.js";
import { isExpired, shouldSlide } from "./lifetime.js";
import { validated, validatedNow } from "../schema.js";
import { sessionHeader } from "./session-config.js";
import { emptySession, mirror } from "./state.js";
import type { Session, SessionConfig } from "./types.js";
import { orUnavailable } from "./unavailable.js";
import { putInPlace } from "./updates.js";
import { write } from "./writing.js";

interface Unsealed {
  readonly session: Partial<Session> | null;
  /** Whether the token should be replaced by a new one. */
  readonly isStale: boolean;
}

/** The session, from this request's state or its token. A promise only where there is something to wait for. */
export function open(call: Call): Session | Promise<Session> {
  const { live, exchange, config, name } = call;
  if (live.session && exchange.isSocket) {
    // A socket outlives requests: its session ends when it would end for the next request.
    if (isExpired(live.session, config, Date.now())) end(call);
    else if (config.revocation && !live.loading && !live.isNew) return openAgain(call, live.session);
  }
  if (live.session && live.admittedBy !== config && !isAdmitted(call)) return openAdmitted(call);
  if (live.session) return live.loading ?? live.session;
  const session = emptySession();
  live.session = session;
  live.admittedBy = config;
  mirror(exchange, name, session);
  try {
    const header = live.cleared ? undefined : headerToken(call);
    const hasToken = header || (!live.cleared && exchange.header("cookie"));
    const opened = hasToken ? load(call, session, header) : begin(call, session);
    return opened instanceof Promise ? loading(call, session, opened) : opened;
  } catch (error) {
    forget(call, session);
    throw error;
  }
}

/** Whether the configuration that the session was opened by asked all that this one asks. */
function isAdmitted({ live, config }: Call): boolean {
  // Most ask nothing.
  if (!config.revocation && !config.schema && !config.maxAge && !config.idleTimeout) return true;
  const { revocation, schema, maxAge, idleTimeout } = live.admittedBy ?? {};
  return (
    (!config.revocation || config.revocation === revocation) &&
    // Another schema is not asked again: what one gives out, a second one may not take.
    (!config.schema || schema !== undefined) &&
    (!config.maxAge || config.maxAge === maxAge) &&
    (!config.idleTimeout || config.idleTimeout === idleTimeout)
  );
}

/**
 * The session of a request may be opened by another configuration of its name: by a middleware that knows the password alone.
 * What that one did not ask is asked now, and a session that is not admitted is no session, as if it were opened now.
 */
function openAdmitted(call: Call): Promise<Session> {
  const { live } = call;
  const promise: Promise<Session> = admitOpened(call, live.loading ?? live.session).finally(() => {
    if (live.loading === promise) live.loading = undefined;
  });
  live.loading = promise;
  return promise;
}

/** One that is cleared meanwhile is empty, and not the request's session: what is written to it is dropped. */
async function admitOpened(call: Call, opened: Session | Promise<Session> | undefined): Promise<Session> {
  const { live, config, name } = call;
  const session = await opened;
  if (!session || live.session !== session) return emptySession();
  if (isAdmitted(call)) return session;
  if (!live.isNew && isExpired(session, config, Date.now())) return reopen(call, session);
  try {
    const revocation = live.isNew ? undefined : config.revocation;
    await admit({ ...call, config: { ...config, revocation, schema: undefined } }, session);
    const { schema } = config;
    const data = schema && !live.admittedBy?.schema && (await validatedNow(schema, session.data, name));
    if (live.session !== session) return emptySession();
    if (data) putInPlace(session.data, data);
  } catch (error) {
    if (!isDismissed(call, error)) throw error;
    return live.session === session ? reopen(call, session) : emptySession();
  }
  live.admittedBy = { ...live.admittedBy, ...config, schema: config.schema ?? live.admittedBy?.schema };
  return session;
}

function reopen(call: Call, session: Session): Session | Promise<Session> {
  forget(call, session);
  return open(call);
}

function end({ live }: Call): void {
  live.session = undefined;
  live.cleared = true;
}

function openAgain(call: Call, session: Session): Session | Promise<Session> {
  const { live, config } = call;
  const revoked = config.revocation ? isRevoked(call, config.revocation, session) : false;
  return whenReady(revoked, (isEnded) => {
    if (isEnded && live.session === session) end(call);
    return live.session ? (live.loading ?? live.session) : open(call);
  });
}

/** Undoes an opening that failed: the next call starts anew, and nothing of this one is left to be written. */
export function forget({ live, exchange, name }: Call, session: Session): void {
  if (live.session !== session) return;
  live.session = undefined;
  mirror(exchange, name, undefined);
}

function loading(call: Call, session: Session, opened: Promise<Session>): Promise<Session> {
  const { live } = call;
  const promise = opened
    .catch((error: unknown) => {
      forget(call, session);
      throw error;
    })
    .finally(() => {
      if (live.loading === promise) live.loading = undefined;
    });
  live.loading = promise;
  return promise;
}

function headerToken({ exchange, config, name }: Call): string | undefined {
  const header = sessionHeader(config, name);
  return (header && exchange.header(header)) || undefined;
}

/** Reads the token of the header, then that of the cookie. */
function load(call: Call, session: Session, header: string | undefined): Session | Promise<Session> {
  const fromHeader = header ? unsealed(call, header) : undefined;
  return whenReady(fromHeader, (opened) => {
    if (!opened?.session?.id) return loadCookie(call, session);
    restore(call, session, opened.session);
    return identify(call, session);
  });
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

/** What the request came with, whatever its session is by now. */
export async function presented(call: Call): Promise<Partial<Session> | null | undefined> {
  const header = headerToken(call);
  const fromHeader = header ? await unsealed(call, header) : undefined;
  if (fromHeader?.session?.id) return fromHeader.session;
  const cookie = readSessionCookie(call.exchange.header("cookie"), call.name);
  return cookie ? (await unsealed(call, cookie))?.session : undefined;
}

/** What a token holds, or `undefined` when it is refused, for whatever reason. */
function unsealed(call: Call, token: string): Unsealed | undefined | Promise<Unsealed | undefined> {
  const { revocation, schema } = call.config;
  const opened = authentic(call, token);
  return revocation || schema ? whenReady(opened, (late) => admitted(call, late)) : opened;
}

/** What an authentic token holds that is not too old. */
export function authentic(call: Call, token: string): Unsealed | undefined | Promise<Unsealed | undefined> {
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
  return { session: parseSession(isStale ? opened.payload : opened, config), isStale };
}

/**
 * The session that a seal holds, if it is not too old.
 *
 * @throws `ERR_SEAL_EXPIRED`, and a text that quotes nothing for what is no JSON.
 */
export function parseSession(payload: string, config: SessionConfig): Partial<Session> | null {
  const session = (payload ? parseJson(payload) : null) as Partial<Session> | null;
  if (isExpired(session, config, Date.now())) throw ironkeepError("ERR_SEAL_EXPIRED", "Session expired!");
  return session;
}

/** What is wrong with us, and not with the token. A visitor must not be signed out by it. */
const NO_REFUSALS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "ERR_INTERNAL",
  "ERR_KEYRING_CLOSED",
  "ERR_KEYRING_UNAVAILABLE",
]);

function refused({ name, live }: Call, error: unknown): undefined {
  if (error instanceof SessionHttpError || (isIronkeepError(error) && NO_REFUSALS.has(error.code))) throw error;
  if (isIronkeepError(error) && error.code === "ERR_SEAL_INVALID") live.hasForged = true;
  debug(`the token of the session "${name}" is refused: ${isIronkeepError(error) ? error.code : "not a session"}`);
}

function admitted(call: Call, opened: Unsealed | undefined): Unsealed | undefined | Promise<Unsealed | undefined> {
  if (!opened?.session) return opened;
  const dismissed = (error: unknown): undefined => {
    if (!isDismissed(call, error)) throw error;
  };
  try {
    const session = admit(call, opened.session);
    return session instanceof Promise ? session.then(() => opened, dismissed) : opened;
  } catch (error) {
    return dismissed(error);
  }
}

/** Fills the session, unless it was cleared meanwhile. All that the token holds survives, as in h3. */
function restore(call: Call, session: Session, from: Partial<Session> | null): void {
  if (call.live.session !== session) return;
  call.live.startedHere = false;
  for (const [key, value] of Object.entries(from ?? {})) {
    if (key === "data") Object.assign(session.data, value);
    else if (key !== "__proto__") (session as unknown as Record<string, unknown>)[key] = value;
  }
}

/** Gives a session without an id a new one, unless it was cleared meanwhile. */
function identify(call: Call, session: Session): Session | Promise<Session> {
  return session.id || call.live.session !== session ? session : begin(call, session);
}

/** Makes an empty session a new one, which no cookie holds. */
export function begin({ live, config, name }: Call, session: Session): Session | Promise<Session> {
  session.id = newId(config);
  session.createdAt = Date.now();
  live.isNew = true;
  live.startedHere = true;
  if (!config.schema) return session;
  return whenReady(validated(config.schema, emptyData(), name), (defaults) => {
    for (const key of Object.keys(defaults)) if (!(key in session.data)) session.data[key] = defaults[key];
    return session;
  });
}

/** An id for a session, by the configuration's own generator if it has one. */
export function newId(config: SessionConfig): string {
  return config.generateId?.() ?? (config.crypto ?? crypto).randomUUID();
}
