// Generated from src/error.rs by `npm run build`. Do not edit.

/** Every value of `err.code`. */
export const ERROR_CODES = {
  /** The token is malformed, forged, or sealed with another key. Treat it as no session. */
  ERR_SEAL_INVALID: "ERR_SEAL_INVALID",
  /** The token or the session in it is older than its lifetime. Ask the user to sign in again. */
  ERR_SEAL_EXPIRED: "ERR_SEAL_EXPIRED",
  /** The sealing options name an algorithm or a value that does not exist. Correct the options. */
  ERR_SEAL_UNSUPPORTED: "ERR_SEAL_UNSUPPORTED",
  /** The password or key is missing, too short or of the wrong size. Use at least 32 random characters. */
  ERR_KEY_WEAK: "ERR_KEY_WEAK",
  /** The token names a password id that the configuration does not hold. */
  ERR_KEY_UNKNOWN: "ERR_KEY_UNKNOWN",
  /** Too many first-seen tokens are waiting for their keys. Answer 503 and let the client try again. */
  ERR_BUSY: "ERR_BUSY",
  /** An option is missing or has the wrong form. The message names it. */
  ERR_CONFIG: "ERR_CONFIG",
  /** The native binary for this platform is not installed. The message names the package and the command. */
  ERR_NATIVE_MISSING: "ERR_NATIVE_MISSING",
  /** A session was written where no response can carry its cookie, such as a WebSocket hook. */
  ERR_READ_ONLY: "ERR_READ_ONLY",
  /** The key ring was closed, and its keys are gone. Make a new one. */
  ERR_KEYRING_CLOSED: "ERR_KEYRING_CLOSED",
  /** The function of a key ring failed, so a key is not known. Answer 503 and let the client try again. */
  ERR_KEYRING_UNAVAILABLE: "ERR_KEYRING_UNAVAILABLE",
  /** The sealed session is larger than its cookies may be. Keep less in the session. */
  ERR_COOKIE_TOO_LARGE: "ERR_COOKIE_TOO_LARGE",
  /** The request may have been sent by another site, or lacks a valid CSRF token. It was answered with 403. */
  ERR_CSRF: "ERR_CSRF",
  /** The data of a session does not match its schema. The message names the places, and nothing was written. */
  ERR_SCHEMA: "ERR_SCHEMA",
  /** The session was ended before its time. Ask the user to sign in again. */
  ERR_SESSION_REVOKED: "ERR_SESSION_REVOKED",
  /** There is no such session any more, so nothing was written. Ask the user to sign in again. */
  ERR_SESSION_NOT_FOUND: "ERR_SESSION_NOT_FOUND",
  /** Another request changed the session at the same time. Nothing was written; read it again and repeat the change. */
  ERR_SESSION_CONFLICT: "ERR_SESSION_CONFLICT",
  /** The data of a session is larger than its store takes. Nothing was written; keep less in the session. */
  ERR_SESSION_TOO_LARGE: "ERR_SESSION_TOO_LARGE",
  /** A new session met an id that is taken. Nothing was written; try again. */
  ERR_SESSION_EXISTS: "ERR_SESSION_EXISTS",
  /** The user has as many sessions as the cap allows. End one of them first. */
  ERR_SESSION_LIMIT: "ERR_SESSION_LIMIT",
  /** The store did not answer within the deadline. Answer 503 and let the client try again. */
  ERR_STORE_TIMEOUT: "ERR_STORE_TIMEOUT",
  /** The store was closed. Make a new one. */
  ERR_STORE_CLOSED: "ERR_STORE_CLOSED",
  /** The store holds something that cannot be read. The message names the place. */
  ERR_STORE_CORRUPT: "ERR_STORE_CORRUPT",
  /** A newer version of Ironkeep wrote the store. Use that version, or another place. */
  ERR_STORE_VERSION: "ERR_STORE_VERSION",
  /** The call was given up by its signal. It was done as a whole, or not at all. */
  ERR_ABORTED: "ERR_ABORTED",
  /** A rate limit refused the request. Answer 429, and let the client wait for as long as Retry-After says. */
  ERR_RATE_LIMITED: "ERR_RATE_LIMITED",
  /** What a session has to be looked up in does not answer. Answer 503 and let the client try again. */
  ERR_STORE_UNAVAILABLE: "ERR_STORE_UNAVAILABLE",
  /** A defect in Ironkeep, such as a caught panic. Please report it. */
  ERR_INTERNAL: "ERR_INTERNAL",
} as const;

/** The stable codes of Ironkeep's errors. Branch on these, never on a message. */
export type ErrorCode = keyof typeof ERROR_CODES;
