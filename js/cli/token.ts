import { ironkeepError } from "../errors.js";
import { isKeyId } from "./ring.js";

/** One part of a token. `characters` or `bytes` is null where the part has no such size of its own. */
export interface Part {
  readonly name: string;
  readonly characters: number | null;
  readonly bytes: number | null;
}

/** What a token tells about its end without a key. */
export interface Expiry {
  /** Whether it is told at all: ik1 encrypts it. */
  readonly known: boolean;
  /** ISO 8601, or null for none. */
  readonly at: string | null;
  /** Whether readers refuse the token for its age, after the tolerance of their format; null where that is not known. */
  readonly past: boolean | null;
}

/** What can be told of a token without a key. None of it is authentic. */
export interface TokenForm {
  readonly format: "Fe26.2" | "ik1";
  readonly length: number;
  readonly keyId: string | null;
  readonly parts: readonly Part[];
  readonly expiry: Expiry;
  /** What no writer writes. A token with one of them is refused by every reader. */
  readonly problems: readonly string[];
}

const IRON_PARTS = ["encryption salt", "iv", "ciphertext", "expiration", "integrity salt", "mac"] as const;
/** How far Fe26.2 lets clocks differ. */
const IRON_SKEW_MS = 60_000;
const IRON_MAX_SALT = 256;
/** The latest moment that a Date can show. */
const LAST_DATE_MS = 8.64e15;

const IK1_SIZES = { salt: 24, commitment: 32, tag: 16 } as const;
/** Flags, issued-at and expiry: the least that ik1 encrypts. */
const IK1_MIN_PLAINTEXT = 17;

/** Whether a text starts as a token does. */
export function looksLikeToken(text: string): boolean {
  return text.startsWith("Fe26.") || text.startsWith("ik1.");
}

/**
 * Takes a token apart for showing. Whether it is authentic is the engine's to say.
 *
 * @param now milliseconds since the epoch.
 * @throws `ERR_SEAL_INVALID` for what is no token of either format.
 */
export function describeToken(token: string, now: number): TokenForm {
  if (token.startsWith("Fe26.2*")) return describeIron(token, now);
  if (token.startsWith("ik1.")) return describeIk1(token);
  throw ironkeepError("ERR_SEAL_INVALID", "This is no token: those start with Fe26.2* or ik1.");
}

function describeIron(token: string, now: number): TokenForm {
  const [, id = "", ...rest] = token.split("*");
  const problems: string[] = [];
  if (rest.length !== IRON_PARTS.length) {
    problems.push(`it has ${rest.length + 2} parts between asterisks, not ${IRON_PARTS.length + 2}`);
  }
  const parts = IRON_PARTS.slice(0, rest.length).map((name, index) => ironPart(name, rest[index] ?? "", problems));
  if (!/^\w*$/.test(id)) problems.push("the key id has other characters than A-Z, a-z, 0-9 and _");
  const expiry = ironExpiry(rest[IRON_PARTS.indexOf("expiration")], now, problems);
  return { format: "Fe26.2", length: token.length, keyId: id || null, parts, expiry, problems };
}

function ironPart(name: (typeof IRON_PARTS)[number], text: string, problems: string[]): Part {
  if (name === "expiration") return { name, characters: text.length, bytes: null };
  if (name.endsWith("salt")) {
    if (text.length > IRON_MAX_SALT) problems.push(`the ${name} has over ${IRON_MAX_SALT} characters`);
    return { name, characters: text.length, bytes: null };
  }
  const bytes = bytesOf(text);
  const wanted = { iv: 16, mac: 32 }[name as string];
  if (bytes === null) problems.push(`the ${name} is not canonical base64url`);
  else if (wanted !== undefined && bytes !== wanted) problems.push(`the ${name} has ${bytes} bytes, not ${wanted}`);
  return { name, characters: text.length, bytes };
}

function ironExpiry(text: string | undefined, now: number, problems: string[]): Expiry {
  if (text === "") return { known: true, at: null, past: false };
  if (text === undefined || !/^[1-9]\d*$/.test(text)) {
    if (text !== undefined) problems.push("the expiration is no positive whole number");
    return { known: false, at: null, past: null };
  }
  const at = Number(text);
  const shown = at <= LAST_DATE_MS ? new Date(at).toISOString() : null;
  return { known: true, at: shown, past: at <= now - IRON_SKEW_MS };
}

function describeIk1(token: string): TokenForm {
  const [, id = "", body = "", ...more] = token.split(".");
  const problems: string[] = [];
  if (more.length > 0 || token.split(".").length < 3) problems.push("it is not three parts between dots");
  if (!isKeyId(id)) problems.push('the key id is not 1 to 16 of A-Z, a-z, 0-9 and _, or is "default"');
  const bytes = bytesOf(body);
  const fixed = IK1_SIZES.salt + IK1_SIZES.commitment + IK1_SIZES.tag;
  if (bytes === null) problems.push("the last part is not canonical base64url");
  else if (bytes < fixed + IK1_MIN_PLAINTEXT)
    problems.push(`the last part has under ${fixed + IK1_MIN_PLAINTEXT} bytes`);
  const ciphertext = bytes !== null && bytes >= fixed ? bytes - fixed : null;
  const sizes = Object.entries({ salt: 24, commitment: 32, ciphertext, tag: 16 });
  const parts = ciphertext === null ? [] : sizes.map(([name, size]) => ({ name, characters: null, bytes: size }));
  const expiry = { known: false, at: null, past: null };
  return { format: "ik1", length: token.length, keyId: id || null, parts, expiry, problems };
}

/** How many bytes a part has; null where it is no canonical base64url, which every decoder spells alike. */
function bytesOf(text: string): number | null {
  const bytes = Buffer.from(text, "base64url");
  return text !== "" && bytes.toString("base64url") === text ? bytes.length : null;
}
