import type { RingKeyInput } from "../engine/index.js";
import { type IronkeepError, ironkeepError } from "../errors.js";

/** A key of a ring. */
export interface KeyringKey {
  /** What tokens call it: 1 to 16 letters, digits and underscores, but not `default`. */
  readonly id: string;
  /**
   * At least 32 random characters, or at least 32 random bytes (exactly 32 for Fe26.2). From the environment bytes come as
   * `{ bytes: "<base64url>" }`. `undefined`, as a variable of the environment is that nobody has set, is `ERR_CONFIG`.
   */
  readonly secret: string | Uint8Array | { readonly bytes: string } | undefined;
  /** From when on it seals: milliseconds since the epoch, a Date, or a text that Date reads. It opens at once. @default always */
  readonly sealFrom?: number | string | Date | undefined;
}

/** Keys, as they are given: a list, newest first, or the text of one as in `IRONKEEP_KEYS`. */
export type KeyringKeys = readonly KeyringKey[] | string;

/** Gives the keys, now and whenever they are asked for again. */
export type KeyringSource = () => KeyringKeys | Promise<KeyringKeys>;

/** The environment variable that holds the keys. */
export const KEYS_VARIABLE = "IRONKEEP_KEYS";

const FORM = '[{ "id": "k1", "secret": "..." }], newest first, or k2:secret,k1:secret';

/**
 * Reads keys as far as their form goes; the engine judges ids and secrets.
 *
 * @throws `ERR_CONFIG`. Nothing of the keys is repeated, since what is in the wrong place may be a secret.
 */
export function readKeys(keys: unknown): RingKeyInput[] {
  const list = typeof keys === "string" ? parseText(keys.trim()) : keys;
  if (!Array.isArray(list)) throw wrong(`The keys of a key ring are ${FORM}`);
  return list.map((key: unknown, index) => readKey(key, index + 1));
}

/** The keys of `IRONKEEP_KEYS`. */
export function environmentKeys(): string {
  const keys = typeof process === "undefined" ? undefined : process.env[KEYS_VARIABLE];
  if (keys) return keys;
  throw wrong(
    `A key ring needs keys: pass them to createKeyring, or set ${KEYS_VARIABLE} to ${FORM}. ` +
      "Make one with: npx ironkeep keys generate",
  );
}

function parseText(text: string): unknown {
  if (!text.startsWith("[")) return text.split(",").map((pair) => parsePair(pair.trim()));
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message quotes the text.
    throw wrong(`The text of the key ring begins as JSON and is none; it has to be ${FORM}`);
  }
}

function parsePair(pair: string): unknown {
  const colon = pair.indexOf(":");
  return colon < 0 ? undefined : { id: pair.slice(0, colon), secret: pair.slice(colon + 1) };
}

function readKey(key: unknown, position: number): RingKeyInput {
  if (typeof key !== "object" || key === null) throw wrong(`Key ${position} of the key ring has to be { id, secret }`);
  const { id, secret, sealFrom } = key as Partial<KeyringKey>;
  if (typeof id !== "string") throw wrong(`Key ${position} of the key ring needs an id as text`);
  return { id, secret: readSecret(secret, position), sealFrom: readInstant(sealFrom, position) };
}

function readSecret(secret: unknown, position: number): string | Uint8Array {
  if (typeof secret === "string" || secret instanceof Uint8Array) return secret;
  const encoded = (secret as { bytes?: unknown } | null | undefined)?.bytes;
  if (typeof encoded === "string") {
    const bytes = Buffer.from(encoded, "base64url");
    if (bytes.toString("base64url") === encoded) return bytes;
  }
  throw wrong(`Key ${position} of the key ring needs a secret: a text, a Uint8Array, or { bytes } in base64url`);
}

function readInstant(instant: unknown, position: number): number {
  if (instant === undefined || instant === null) return 0;
  const millis = instant instanceof Date || typeof instant === "string" ? new Date(instant).getTime() : instant;
  if (typeof millis === "number" && Number.isFinite(millis)) return millis;
  throw wrong(
    `sealFrom of key ${position} of the key ring has to be milliseconds since the epoch, a Date, or its text`,
  );
}

function wrong(message: string): IronkeepError {
  return ironkeepError("ERR_CONFIG", message);
}
