import { type ErrorCode, isIronkeepError } from "../errors.js";
import type { Exchange } from "./_h3.js";
import { SessionHttpError } from "./http-error.js";

const RETRY_AFTER = { "retry-after": "1" };

/** What says nothing about the token: the same request may succeed in a second. */
const OUTAGES: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["ERR_BUSY", "ERR_KEYRING_UNAVAILABLE"]);

/** An outage is no sign-out: 503, and the client may try again. */
export function orUnavailable<T>(exchange: Exchange | undefined, work: () => T | Promise<T>): T | Promise<T> {
  try {
    const result = work();
    return result instanceof Promise ? result.catch((error: unknown) => failed(exchange, error)) : result;
  } catch (error) {
    return failed(exchange, error);
  }
}

function failed(exchange: Exchange | undefined, error: unknown): never {
  if (!exchange || !isIronkeepError(error) || !OUTAGES.has(error.code)) throw error;
  throw unavailable(exchange, error.code, error.message);
}

/** An error that both majors answer with 503 and `Retry-After`. */
export function unavailable(
  exchange: Exchange | undefined,
  code: ErrorCode,
  message: string,
  cause?: unknown,
): SessionHttpError {
  // v1 sends no headers of an error, only those of the response.
  if (exchange?.major === 1 && !exchange.response?.isSent) exchange.response?.setDefault("retry-after", "1");
  const error = new SessionHttpError(503, "Service Unavailable", message, code, RETRY_AFTER);
  if (cause !== undefined) error.cause = cause;
  return error;
}
