/**
 * The Fe26.2 seal of iron, wire-compatible with @hapi/iron 7, iron-webcrypto 1 and 2, iron-session and h3, with
 * iron-webcrypto 2's signatures, checks and messages, and a `code` on every error.
 *
 * Deviations, all on the strict side: base64url has to be canonical, passwords in a map are found as own properties alone,
 * salts have at most 1,024 bits, tokens at most 2^24 characters, and no message quotes what was sealed.
 *
 * @module
 */
import type { Sealer, StaleSeal } from "../engine/index.js";
import { ironkeepError } from "../errors.js";
import { type PasswordHash, toOpeningForm, toSealingForm } from "../password.js";
import { ByPassword, flatten, toSealer } from "../sealers.js";
import { sealText, unsealText } from "../sealing.js";
import { parseJson, stringifyLossless } from "./json.js";
import { inTurn } from "./turns.js";
import type { Password, SealOptions } from "./types.js";

export type {
  EncryptionAlgorithm,
  IntegrityAlgorithm,
  Password,
  password,
  SealOptions,
  SealOptionsSub,
} from "./types.js";

/** The longest token that is written and read here, in characters. The session helpers stop far earlier. */
const MAX_TOKEN_LENGTH = 2 ** 24;

/** iron's default options: PBKDF2 with 1 iteration, AES-256-CBC, HMAC-SHA256, no expiry. */
export const defaults: SealOptions = Object.freeze({
  encryption: Object.freeze({ algorithm: "aes-256-cbc", saltBits: 256, iterations: 1, minPasswordlength: 32 }),
  integrity: Object.freeze({ algorithm: "sha256", saltBits: 256, iterations: 1, minPasswordlength: 32 }),
  ttl: 0,
  timestampSkewSec: 60,
  localtimeOffsetMsec: 0,
});

const sealing = new ByPassword<Sealer>();
const opening = new ByPassword<Sealer>();
const EXTRAS = { alsoOpens: [], epochSalts: false, maxTokenLength: MAX_TOKEN_LENGTH, name: "" };

/**
 * Serialises, encrypts and signs `object`.
 *
 * @param password a string, bytes, `{ id, secret }` or `{ id, encryption, integrity }`.
 * @param options complete options; see {@link defaults}.
 * @returns the token. Keys of many iterations are derived off the event loop.
 * @throws `ERR_KEY_WEAK`, `ERR_SEAL_UNSUPPORTED`, `ERR_CONFIG` (not serialisable).
 */
export async function seal(object: unknown, password: PasswordHash[string], options: SealOptions): Promise<string> {
  const { sealer, payload } = prepareSeal(object, password, options);
  return isExpensive(options) ? inTurn(() => sealText(sealer, () => payload)) : sealText(sealer, () => payload);
}

/** {@link seal} on the calling thread, derivations included: up to some milliseconds with many iterations. */
export function sealSync(object: unknown, password: PasswordHash[string], options: SealOptions): string {
  const { sealer, payload } = prepareSeal(object, password, options);
  return sealer.sealSync(payload, Date.now());
}

/**
 * Verifies and decrypts a token, and reads what was sealed.
 *
 * @param password a string, bytes, or a map from id to any form that {@link seal} takes.
 * @param options complete options; the iterations are those that the token was sealed with.
 * @returns what was sealed. Keys of many iterations are derived off the event loop.
 * @throws `ERR_SEAL_INVALID`, `ERR_SEAL_EXPIRED`, `ERR_KEY_UNKNOWN`, `ERR_KEY_WEAK`, `ERR_SEAL_UNSUPPORTED`.
 */
export async function unseal(
  sealed: string,
  password: Password | PasswordHash,
  options: SealOptions,
): Promise<unknown> {
  const sealer = prepareUnseal(sealed, password, options);
  const opened = isExpensive(options) ? inTurn(() => unsealText(sealer, sealed)) : unsealText(sealer, sealed);
  return decode(await opened, options);
}

/** {@link unseal} on the calling thread, derivations included: up to some milliseconds with many iterations. */
export function unsealSync(sealed: string, password: Password | PasswordHash, options: SealOptions): unknown {
  return decode(prepareUnseal(sealed, password, options).unsealSync(sealed, Date.now()), options);
}

function prepareSeal(object: unknown, password: unknown, options: SealOptions): { sealer: Sealer; payload: string } {
  checkOptions(options);
  const sealer = sealing.get(password, toSealingForm, flatten(options), (form) => toSealer(form, options, EXTRAS));
  sealer.checkSealing();
  const payload: unknown = (options.encode ?? stringifyLossless)(object);
  if (typeof payload !== "string") {
    throw ironkeepError("ERR_CONFIG", "encode: has to give a string");
  }
  return { sealer, payload };
}

function prepareUnseal(sealed: unknown, password: unknown, options: SealOptions): Sealer {
  if (typeof sealed !== "string") {
    throw ironkeepError("ERR_SEAL_INVALID", "The sealed token has to be a string");
  }
  checkOptions(options);
  // iron spreads the halves here, so that one that is missing lacks an algorithm.
  const spread =
    options.encryption && options.integrity
      ? options
      : { ...options, encryption: { ...options.encryption }, integrity: { ...options.integrity } };
  return opening.get(password, toOpeningForm, flatten(spread), (form) => toSealer(form, spread, EXTRAS));
}

function checkOptions(options: unknown): void {
  if (typeof options !== "object" || options === null) throw ironkeepError("ERR_SEAL_UNSUPPORTED", "Bad options");
}

function decode(opened: StaleSeal | string, options: SealOptions): unknown {
  const text = typeof opened === "string" ? opened : opened.payload;
  return (options.decode ?? parseJson)(text);
}

/** Whether a call may have to wait for a derivation. The exact limit is the engine's; an error here costs one turn. */
function isExpensive(options: SealOptions): boolean {
  return Math.max(options.encryption?.iterations, options.integrity?.iterations) > 1;
}
