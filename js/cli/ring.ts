import { ironkeepError } from "../errors.js";
import type { Sourced } from "./read.js";

/** A secret as bytes, in base64url. */
export interface SecretBytes {
  readonly bytes: string;
}

/** A key of a ring, as it is written down. */
export interface RingKey {
  /** `[A-Za-z0-9_]{1,16}`, and not `default`. It stands in every token. */
  readonly id: string;
  readonly secret: string | SecretBytes;
  /** When it starts to seal, in milliseconds since the epoch. Without it: always. */
  readonly sealFrom?: number;
}

/** Keys, the newest first. There is at least one. */
export type Ring = readonly [RingKey, ...RingKey[]];

/** The most keys that a ring holds: the core's own limit. */
export const MAX_KEYS = 64;

const ID = /^\w{1,16}$/;
const FIELDS: ReadonlySet<string> = new Set<keyof RingKey>(["id", "secret", "sealFrom"]);
const FORMS = '[{ "id": "k1", "secret": "..." }] or k1:secret,k0:secret, the newest key first';

/** Whether an id may be a key's. */
export function isKeyId(id: string): boolean {
  return ID.test(id) && id !== "default";
}

/** Whether a text is canonical base64url, which decoders spell alike. */
export function isBase64url(text: string): boolean {
  return Buffer.from(text, "base64url").toString("base64url") === text;
}

/**
 * Reads a ring in either form: JSON, or `k2:secret,k1:secret`. How strong the secrets are is not judged: a weak key has to
 * be readable to be rotated away.
 *
 * @throws `ERR_CONFIG`. The message names keys by their place: where the form is wrong, an id may be a secret.
 */
export function parseRing({ text, source }: Sourced): Ring {
  const keys = text.trimStart().startsWith("[") ? parseJsonForm(text, source) : parseShortForm(text, source);
  const [newest, ...older] = keys;
  if (!newest) throw ironkeepError("ERR_CONFIG", `The ring in ${source} has no keys. It is ${FORMS}`);
  if (keys.length > MAX_KEYS) throw ironkeepError("ERR_CONFIG", `The ring in ${source} has over ${MAX_KEYS} keys`);
  requireDistinct(keys, source);
  return [newest, ...older];
}

/** A ring as one line of JSON, as `IRONKEEP_KEYS` takes it. */
export function formatRing(ring: Ring): string {
  return JSON.stringify(ring);
}

/** A ring as `k2:secret,k1:secret`. For keys whose secrets are base64url, and that seal from the start. */
export function formatShort(keys: readonly { readonly id: string; readonly secret: string }[]): string {
  return keys.map(({ id, secret }) => `${id}:${secret}`).join(",");
}

/** The key that seals at `now`: the newest that has started. */
export function sealingKey(ring: Ring, now: number): RingKey | undefined {
  return ring.find(({ sealFrom = 0 }) => sealFrom <= now);
}

/**
 * The id after `id`: its number one higher, or a 2 behind it, and on until it is free.
 *
 * @throws `ERR_CONFIG` when that is too long for an id.
 */
export function idAfter(id: string, taken: readonly string[] = []): string {
  const [, stem = "", digits = "1"] = /^(.*?)(\d+)?$/.exec(id) ?? [];
  let number = BigInt(digits);
  let next: string;
  do {
    number++;
    next = `${stem}${String(number).padStart(digits.length, "0")}`;
  } while (taken.includes(next));
  if (isKeyId(next)) return next;
  throw ironkeepError("ERR_CONFIG", "The ids cannot go on within 16 characters: give one with --id");
}

function parseJsonForm(text: string, source: string): RingKey[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw ironkeepError("ERR_CONFIG", `The ring in ${source} is not JSON. It is ${FORMS}`);
  }
  if (!Array.isArray(value)) throw ironkeepError("ERR_CONFIG", `The ring in ${source} is no list. It is ${FORMS}`);
  return value.map((entry, index) => toKey(entry, `Key ${index + 1} of the ring in ${source}`));
}

function parseShortForm(text: string, source: string): RingKey[] {
  return text.split(",").map((entry, index) => {
    const [, id, secret] = /^([^:]*):(.*)$/s.exec(entry.trim()) ?? [];
    if (id === undefined) {
      throw ironkeepError(
        "ERR_CONFIG",
        `Key ${index + 1} of the ring in ${source} has no id before it: it is ${FORMS}`,
      );
    }
    return toKey({ id, secret }, `Key ${index + 1} of the ring in ${source}`);
  });
}

function toKey(entry: unknown, which: string): RingKey {
  if (typeof entry !== "object" || entry === null || Array.isArray(entry)) {
    throw ironkeepError("ERR_CONFIG", `${which} is no object with id and secret`);
  }
  const { id, secret, sealFrom } = entry as Readonly<Record<string, unknown>>;
  if (typeof id !== "string" || !isKeyId(id)) {
    throw ironkeepError("ERR_CONFIG", `${which}: an id is 1 to 16 of A-Z, a-z, 0-9 and _, and not "default"`);
  }
  if (!isSecret(secret)) {
    throw ironkeepError("ERR_CONFIG", `${which}: a secret is text, or { "bytes": base64url }, and not empty`);
  }
  if (Object.keys(entry).some((field) => !FIELDS.has(field))) {
    throw ironkeepError("ERR_CONFIG", `${which} has a field that does not exist: a key has id, secret and sealFrom`);
  }
  if (sealFrom === undefined) return { id, secret };
  if (!Number.isSafeInteger(sealFrom) || Number(sealFrom) < 0) {
    throw ironkeepError("ERR_CONFIG", `${which}: sealFrom is a whole number of milliseconds since the epoch`);
  }
  return { id, secret, sealFrom: Number(sealFrom) };
}

function isSecret(value: unknown): value is RingKey["secret"] {
  if (typeof value === "string") return value !== "";
  if (typeof value !== "object" || value === null) return false;
  const { bytes } = value as Readonly<Record<string, unknown>>;
  return typeof bytes === "string" && bytes !== "" && isBase64url(bytes) && Object.keys(value).length === 1;
}

function requireDistinct(keys: readonly RingKey[], source: string): void {
  for (const field of ["id", "secret"] as const) {
    const values = new Set(keys.map((key) => JSON.stringify(key[field])));
    if (values.size < keys.length) {
      throw ironkeepError("ERR_CONFIG", `Two keys of the ring in ${source} have the same ${field}`);
    }
  }
}
