import { ERROR_CODES, type ErrorCode } from "./error-codes_generated.js";

export type { ErrorCode };

/** An error of Ironkeep: a plain `Error` with a stable {@link ErrorCode}. */
export interface IronkeepError extends Error {
  code: ErrorCode;
}

/** Whether a caught value is an error of Ironkeep, whatever its class. */
export function isIronkeepError(value: unknown): value is IronkeepError {
  return value instanceof Error && "code" in value && Object.hasOwn(ERROR_CODES, String(value.code));
}

/** Makes an error of Ironkeep. The message must hold no secret, token, id or session data. */
export function ironkeepError(code: ErrorCode, message: string): IronkeepError {
  return Object.assign(new Error(message), { code });
}
