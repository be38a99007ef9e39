import type { ErrorCode } from "../../errors.js";
import { isIronkeepError } from "../../errors.js";
import type { Exchange } from "../_h3.js";
import { SessionHttpError } from "../http-error.js";
import { unavailable } from "../unavailable.js";

/** What says nothing about the session: the same request may succeed in a second. */
const OUTAGES: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "ERR_BUSY",
  "ERR_KEYRING_UNAVAILABLE",
  "ERR_STORE_CLOSED",
  "ERR_STORE_TIMEOUT",
  "ERR_STORE_UNAVAILABLE",
]);

/** What a visitor is told, whose page may show it: the store's own words name files and servers, and are the error's `cause`. */
const TOLD = "The sessions cannot be reached: try again in a second";

/** What a request is answered with that ends in one of these, where the app does nothing about it. */
const ANSWERS: Partial<Record<ErrorCode, readonly [status: number, text: string]>> = {
  ERR_SESSION_NOT_FOUND: [401, "Unauthorized"],
  ERR_SESSION_REVOKED: [401, "Unauthorized"],
  ERR_SESSION_LIMIT: [403, "Forbidden"],
  ERR_SESSION_CONFLICT: [409, "Conflict"],
  ERR_SESSION_TOO_LARGE: [413, "Payload Too Large"],
};

/** Errors of the engine as errors that both majors answer with a status. An outage is no sign-out: 503, and try again. */
export async function answered<T>(exchange: Exchange | undefined, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isIronkeepError(error) || error instanceof SessionHttpError) throw error;
    if (OUTAGES.has(error.code)) throw unavailable(exchange, error.code, TOLD, error);
    const [status, text] = ANSWERS[error.code] ?? [];
    if (status === undefined || text === undefined) throw error;
    throw new SessionHttpError(status, text, error.message, error.code);
  }
}
