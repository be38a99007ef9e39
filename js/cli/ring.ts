import type { RingKeyInput } from "../engine/index.js";
import { type IronkeepError, ironkeepError, isIronkeepError } from "../errors.js";
import { readKeys } from "../keyring/source.js";
import type { Sourced } from "./read.js";

/** A key of a ring, as the engine takes it. Without a `sealFrom` it was written down with 0. */
export type RingKey = Readonly<RingKeyInput>;

/** Keys, the newest first. There is at least one. */
export type Ring = readonly [RingKey, ...RingKey[]];

/** The most keys that a ring holds: the engine's own limit. */
export const MAX_KEYS = 64;

const ID = /^\w{1,16}$/;
const FIELDS: ReadonlySet<string> = new Set(["id", "secret", "sealFrom"]);

/** Whether an id may be a key's. */
export function isKeyId(id: string): boolean {
  return ID.test(id) && id !== "default";
}

/**
 * Reads a ring as `createKeyring` does, but for the strength of its secrets: a weak key has to be readable to be rotated away.
 *
 * @throws `ERR_CONFIG`. The message names keys by their place: where the form is wrong, an id may be a secret.
 */
export function parseRing({ text, source }: Sourced): Ring {
  const [newest, ...older] = readForm(text, source);
  if (!newest) throw wrong(source, "The key ring has no keys");
  const keys: Ring = [newest, ...older];
  if (keys.length > MAX_KEYS) throw wrong(source, `The key ring has over ${MAX_KEYS} keys`);
  const odd = keys.findIndex(({ id }) => !isKeyId(id));
  if (odd >= 0) {
    throw wrong(
      source,
      `Key ${odd + 1} of the key ring needs an id of 1 to 16 letters, digits or underscores, not "default"`,
    );
  }
  if (new Set(idsOf(keys)).size < keys.length) throw wrong(source, "Two keys of the key ring have the same id");
  const secrets = new Set(keys.map(({ secret }) => Buffer.from(secret).toString("base64")));
  if (secrets.size < keys.length) throw wrong(source, "Two keys of the key ring have the same secret");
  return keys;
}

/** A ring as JSON has it: bytes in base64url, and no `sealFrom` where a key seals from the start. */
export function toJson(ring: readonly RingKey[]): object[] {
  return ring.map(({ id, secret, sealFrom }) => ({
    id,
    secret: typeof secret === "string" ? secret : { bytes: Buffer.from(secret).toString("base64url") },
    ...(sealFrom !== 0 && { sealFrom }),
  }));
}

/** A ring as `k2:secret,k1:secret`. For keys whose secrets are base64url, and that seal from the start. */
export function formatShort(keys: readonly { readonly id: string; readonly secret: string }[]): string {
  return keys.map(({ id, secret }) => `${id}:${secret}`).join(",");
}

export function idsOf(keys: readonly RingKey[]): string[] {
  return keys.map(({ id }) => id);
}

/** The key that seals at `now`, as the engine picks it: of those that have started the latest, of equal ones the first. */
export function sealingKey(ring: Ring, now: number): RingKey | undefined {
  return ring.filter(({ sealFrom }) => sealFrom <= now).toSorted((a, b) => b.sealFrom - a.sealFrom)[0];
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

/** What nobody reads would be gone after a rotation, so it is refused. */
function readForm(text: string, source: string): RingKey[] {
  let keys: RingKey[];
  try {
    keys = readKeys(text);
  } catch (error) {
    throw isIronkeepError(error) ? wrong(source, error.message) : error;
  }
  const written: object[] = text.trimStart().startsWith("[") ? (JSON.parse(text) as object[]) : [];
  const odd = written.findIndex((key) => Object.keys(key).some((field) => !FIELDS.has(field)));
  if (odd < 0) return keys;
  throw wrong(
    source,
    `Key ${odd + 1} of the key ring has a field that does not exist: there is id, secret and sealFrom`,
  );
}

function wrong(source: string, message: string): IronkeepError {
  return ironkeepError("ERR_CONFIG", `In ${source}: ${message}`);
}
