// Builds Fe26.2 tokens in plain node:crypto, so that a test can choose every part, and have a valid
// MAC over parts that no sealer writes.

import { createCipheriv, createHmac, pbkdf2Sync, randomBytes } from "node:crypto";

export type Secret = string | Uint8Array;

export const PART = {
  prefix: 0,
  id: 1,
  encryptionSalt: 2,
  iv: 3,
  ciphertext: 4,
  expiration: 5,
  macSalt: 6,
  mac: 7,
} as const;

export type PartName = keyof typeof PART;

export interface Forgery {
  password: Secret | { encryption: Secret; integrity: Secret };
  id?: string;
  iterations?: number;
  algorithm?: "aes-256-cbc" | "aes-128-ctr";
  encryptionSalt?: string;
  macSalt?: string;
  iv?: Uint8Array;
  plaintext?: string | Uint8Array;
  expiration?: string;
  /** Parts that replace what would be there, before the MAC is taken over them. */
  written?: Partial<Record<Exclude<PartName, "mac">, string>>;
}

const randomSalt = (): string => randomBytes(32).toString("hex");

const isBytes = (secret: Secret): secret is Uint8Array => typeof secret !== "string";

function keyOf(secret: Secret, salt: string, iterations: number, length: number): Uint8Array {
  return isBytes(secret) ? secret : pbkdf2Sync(secret, salt, iterations, length, "sha1");
}

/** A token with a valid MAC under `password`, whatever its parts are. */
export function forge(forgery: Forgery): string {
  const { password, iterations = 1, algorithm = "aes-256-cbc", id = "" } = forgery;
  const halves =
    typeof password === "string" || password instanceof Uint8Array
      ? { encryption: password, integrity: password }
      : password;
  const encryptionSalt = forgery.encryptionSalt ?? (isBytes(halves.encryption) ? "" : randomSalt());
  const macSalt = forgery.macSalt ?? (isBytes(halves.integrity) ? "" : randomSalt());
  const iv = forgery.iv ?? randomBytes(16);

  const keyLength = algorithm === "aes-128-ctr" ? 16 : 32;
  const key = keyOf(halves.encryption, encryptionSalt, iterations, keyLength);
  const cipher = createCipheriv(algorithm, key, iv);
  const plaintext = Buffer.from(forgery.plaintext ?? '{"forged":true}');
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);

  const { written = {} } = forgery;
  const writtenMacSalt = written.macSalt ?? macSalt;
  const signed = [
    written.prefix ?? "Fe26.2",
    written.id ?? id,
    written.encryptionSalt ?? encryptionSalt,
    written.iv ?? Buffer.from(iv).toString("base64url"),
    written.ciphertext ?? ciphertext.toString("base64url"),
    written.expiration ?? forgery.expiration ?? "",
  ].join("*");
  const macKey = keyOf(halves.integrity, writtenMacSalt, iterations, 32);
  const mac = createHmac("sha256", macKey).update(signed).digest("base64url");
  return [signed, writtenMacSalt, mac].join("*");
}

export function partOf(token: string, part: PartName): string {
  return token.split("*")[PART[part]] ?? "";
}

/** The token with one part replaced and its MAC left as it was. */
export function withPart(token: string, part: PartName, change: (value: string) => string): string {
  const parts = token.split("*");
  parts[PART[part]] = change(parts[PART[part]] ?? "");
  return parts.join("*");
}

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/**
 * Another spelling of the same bytes: the unused low bits of the last character are set.
 * Needs a text whose length is no multiple of four.
 */
export function nonCanonical(text: string): string {
  if (text.length % 4 === 0) throw new Error("this text has no unused bits");
  return text.slice(0, -1) + ALPHABET[ALPHABET.indexOf(text.slice(-1)) + 1];
}
