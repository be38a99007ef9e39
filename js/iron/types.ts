import type { Password, PasswordHash, PasswordSecret, PasswordSpecific } from "../password.js";

/** The algorithms that encrypt. */
export type EncryptionAlgorithm = "aes-128-ctr" | "aes-256-cbc";

/** The algorithms that sign. */
export type IntegrityAlgorithm = "sha256";

/** The options of one half of a seal. */
export type SealOptionsSub<Algorithm extends EncryptionAlgorithm | IntegrityAlgorithm> = Readonly<{
  /** Bits of a fresh salt, 1 to 1,024. */
  saltBits: number;
  /** The algorithm. */
  algorithm: Algorithm;
  /** PBKDF2 iterations, at least 1. */
  iterations: number;
  /** The least length of a password given as text, in UTF-16 units. */
  minPasswordlength: number;
}>;

/** The options of a seal, as iron-webcrypto 2 has them. */
export type SealOptions = Readonly<{
  /** The half that encrypts. */
  encryption: SealOptionsSub<EncryptionAlgorithm>;
  /** The half that signs. */
  integrity: SealOptionsSub<IntegrityAlgorithm>;
  /** Lifetime in milliseconds, 0 for ever. */
  ttl: number;
  /** How far the clocks of sealer and reader may differ, in seconds. */
  timestampSkewSec: number;
  /** Added to the local time, in milliseconds. */
  localtimeOffsetMsec: number;
  /** Makes a text of the data, instead of lossless JSON. */
  encode?: ((data: unknown) => string) | undefined;
  /** Reads the data from the text, instead of `JSON.parse`. */
  decode?: ((data: string) => unknown) | undefined;
}>;

export type { Password };

/** The forms of a password, under the names that iron-webcrypto gives them. */
export declare namespace password {
  /** A password with an id. */
  type Secret = PasswordSecret;
  /** A password with an id whose two halves differ. */
  type Specific = PasswordSpecific;
  /** Passwords by id. */
  type Hash = PasswordHash;
}
