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
  /** What a session has to be looked up in does not answer. Answer 503 and let the client try again. */
  ERR_STORE_UNAVAILABLE: "ERR_STORE_UNAVAILABLE",
  /** A defect in Ironkeep, such as a caught panic. Please report it. */
  ERR_INTERNAL: "ERR_INTERNAL",
} as const;

/** The stable codes of Ironkeep's errors. Branch on these, never on a message. */
export type ErrorCode = keyof typeof ERROR_CODES;
