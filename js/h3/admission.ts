import { MAX_DELAY_MS, inTime } from "../deadline.js";
import { debug } from "../debug.js";
import { type IronkeepError, ironkeepError, isIronkeepError } from "../errors.js";
import { whenReady } from "../later.js";
import { warnOnce } from "../warn.js";
import type { Exchange } from "./_h3.js";
import type { SessionRevocation } from "./revocation.js";
import { validated } from "../schema.js";
import type { Session, SessionConfig } from "./types.js";
import { unavailable } from "./unavailable.js";

/** How long a revocation may take, in seconds, unless said otherwise. */
const DEFAULT_TIMEOUT = 1;

/** Where a session was found, as far as admitting it depends on that. */
interface Place {
  readonly exchange: Exchange | undefined;
  readonly config: SessionConfig;
  readonly name: string;
}

/**
 * Checks what an authentic token holds by the configuration's revocation and schema, whose output becomes the data.
 *
 * @throws `ERR_SESSION_REVOKED`, `ERR_SCHEMA`; `ERR_STORE_UNAVAILABLE` as a 503 when the revocation fails.
 */
export function admit<T extends Partial<Session>>(place: Place, session: T): T | Promise<T> {
  const { revocation, schema } = place.config;
  return whenReady(revocation ? isRevoked(place, revocation, session) : false, (revoked) => {
    if (revoked) throw ironkeepError("ERR_SESSION_REVOKED", "The session was ended");
    if (!schema) return session;
    return whenReady(validated(schema, session.data ?? {}, place.name), (data) => Object.assign(session, { data }));
  });
}

/** Whether a session that was not admitted is to be taken for none. If not, the error is the app's to see. */
export function isDismissed({ config, name }: Place, error: unknown): boolean {
  if (!isIronkeepError(error)) return false;
  if (error.code === "ERR_SESSION_REVOKED") {
    debug(`the session "${name}" is revoked`);
    return true;
  }
  if (error.code !== "ERR_SCHEMA" || !isReset(config)) return false;
  debug(error.message);
  warnOnce(
    `Cookies of the session "${name}" hold data that its schema refuses, and their sessions begin anew. To keep them, give ` +
      'what was added a default; onInvalid: "reject" makes it an error',
  );
  return true;
}

function isReset({ onInvalid = "reset" }: SessionConfig): boolean {
  if (onInvalid === "reset" || onInvalid === "reject") return onInvalid === "reset";
  throw ironkeepError("ERR_CONFIG", 'onInvalid has to be "reset" or "reject"');
}

/**
 * Asks the revocation.
 *
 * @throws `ERR_STORE_UNAVAILABLE` as a 503 for whatever the revocation throws.
 */
export function isRevoked(
  place: Place,
  revocation: SessionRevocation,
  session: Partial<Session>,
): boolean | Promise<boolean> {
  return asked(place, () => {
    const byId = session.id ? revocation.isRevoked?.(String(session.id)) : false;
    return whenReady(promised(byId), (revoked) => {
      if (revoked || typeof session.userId !== "string") return Boolean(revoked);
      return whenReady(promised(revocation.notBefore(session.userId)), (notBefore) => isBefore(session, notBefore));
    });
  });
}

function isBefore({ authenticatedAt }: Partial<Session>, notBefore: number | null | undefined): boolean {
  if (notBefore === undefined || notBefore === null) return false;
  // Compared as it is, what is no number would be after everything.
  if (typeof notBefore !== "number" || Number.isNaN(notBefore)) throw noInstant();
  return typeof authenticatedAt === "number" ? authenticatedAt < notBefore : true;
}

function noInstant(): IronkeepError {
  return ironkeepError(
    "ERR_CONFIG",
    "notBefore of a revocation has to give milliseconds since the epoch, or undefined",
  );
}

/**
 * Calls a revocation. Whatever it throws is an outage, and so is no answer in time: not a sign-out, and not a sign-in.
 *
 * @throws `ERR_STORE_UNAVAILABLE` as a 503; `ERR_CONFIG` for a `revocationTimeout` that is none.
 */
export function asked<T>({ exchange, config }: Omit<Place, "name">, work: () => T | Promise<T>): T | Promise<T> {
  const timeout = timeoutOf(config);
  const failed = (cause: unknown): never => {
    const message = "The revocation of sessions cannot be asked, try again in a second";
    throw unavailable(exchange, "ERR_STORE_UNAVAILABLE", message, cause);
  };
  try {
    const result = work();
    return result instanceof Promise ? inTime(result, timeout * 1000, () => noAnswer(timeout)).catch(failed) : result;
  } catch (error) {
    return failed(error);
  }
}

function timeoutOf({ revocationTimeout = DEFAULT_TIMEOUT }: SessionConfig): number {
  const isDelay = typeof revocationTimeout === "number" && revocationTimeout > 0;
  if (isDelay && revocationTimeout * 1000 <= MAX_DELAY_MS) return revocationTimeout;
  throw ironkeepError("ERR_CONFIG", "revocationTimeout has to be a positive number of seconds");
}

function noAnswer(timeout: number): IronkeepError {
  return ironkeepError("ERR_STORE_UNAVAILABLE", `The revocation of sessions did not answer within ${timeout} s`);
}

/** Promises of other libraries as promises of ours. */
export function promised<T>(value: T | PromiseLike<T>): T | Promise<T> {
  const isPromise = typeof (value as Partial<PromiseLike<T>> | null | undefined)?.then === "function";
  return isPromise ? Promise.resolve(value) : (value as T);
}
