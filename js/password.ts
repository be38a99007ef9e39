import type { PasswordEntry, PasswordForm, PasswordInput } from "./engine/index.js";
import { ironkeepError } from "./errors.js";
import type { Keyring } from "./keyring/index.js";

/** A password as text, or a key as bytes. */
export type Password = string | Uint8Array;

/** A password with an id. */
export interface PasswordSecret {
  readonly id?: string | undefined;
  readonly secret: Password;
}

/** A password with an id whose two halves differ. */
export interface PasswordSpecific {
  readonly id?: string | undefined;
  readonly encryption: Password;
  readonly integrity: Password;
}

/** Passwords by id. */
export interface PasswordHash {
  readonly [id: string]: Password | PasswordSecret | PasswordSpecific;
}

/** The forms of a password of sessions, each for sealing and opening. */
export type SessionPassword =
  | Keyring
  | Password
  | readonly [current: Password, previous?: Password]
  | readonly Password[]
  | PasswordSecret
  | PasswordSpecific
  | PasswordHash;

const EMPTY: PasswordInput = {};

function isPassword(value: unknown): value is Password {
  return typeof value === "string" || value instanceof Uint8Array;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

/** What iron reads from one password. What is none is taken as empty, and refused when it is used. */
export function toPasswordInput(value: unknown): PasswordInput {
  if (isPassword(value)) return { encryption: value, integrity: value };
  if (!isObject(value)) return EMPTY;
  const [encryption, integrity] =
    "secret" in value ? [value["secret"], value["secret"]] : [value["encryption"], value["integrity"]];
  const input: PasswordInput = {};
  if (isPassword(encryption)) input.encryption = encryption;
  if (isPassword(integrity)) input.integrity = integrity;
  const id = value["id"];
  if (id !== undefined && id !== null && id !== "") input.id = String(id);
  return input;
}

function isOnePassword(value: Readonly<Record<string, unknown>>): boolean {
  return "secret" in value || "encryption" in value || "integrity" in value;
}

/**
 * The entries of a map that hold something, own properties alone. What is no password is refused when a token names it.
 *
 * The `id` of one password is no entry: it stands in every token, so a token that names `id` would open with a public secret.
 */
function toEntries(map: Readonly<Record<string, unknown>>): PasswordEntry[] {
  return Object.entries(map)
    .filter(([key, value]) => Boolean(value) && !(key === "id" && isOnePassword(map)))
    .map(([id, value]) => ({ id, password: toPasswordInput(value) }));
}

/** The password that iron's `seal` takes. */
export function toSealingForm(password: unknown): PasswordForm {
  return { form: "positional", passwords: [toPasswordInput(password)] };
}

/** The password that iron's `unseal` takes: an object is always a map. */
export function toOpeningForm(password: unknown): PasswordForm {
  if (isPassword(password) || !isObject(password)) return toSealingForm(password);
  return { form: "map", map: toEntries(password), sessionRules: false };
}

/**
 * The password that the session helpers take: one for sealing and opening.
 *
 * @throws `ERR_CONFIG` for what is no password in any form.
 */
export function toSessionForm(password: unknown): PasswordForm {
  if (Array.isArray(password)) {
    // More than two are refused by the engine, however many.
    return { form: "positional", passwords: password.slice(0, 3).map((entry) => toPasswordInput(entry)) };
  }
  if (isPassword(password)) return toSealingForm(password);
  if (!isObject(password)) {
    throw ironkeepError(
      "ERR_CONFIG",
      "password: give a string of at least 32 random characters, a Uint8Array of 32 bytes, [current, previous], " +
        "or a map with integer ids such as { 1: previous, 2: current }",
    );
  }
  const map = toEntries(password);
  return isOnePassword(password)
    ? { form: "sealing", password: toPasswordInput(password), map }
    : { form: "map", map, sessionRules: true };
}

/** A text that is equal for equal passwords. As secret as they are: it is for the keys of a map, and nothing else. */
export function passwordKey(form: PasswordForm): string {
  return JSON.stringify(form, (_key, value: unknown) => (value instanceof Uint8Array ? { bytes: [...value] } : value));
}

/**
 * The password that the environment holds.
 *
 * @throws `ERR_CONFIG` where there is none.
 */
export function environmentPassword(): string {
  const env = typeof process === "undefined" ? {} : process.env;
  const password = env["NUXT_SESSION_PASSWORD"] || env["SESSION_PASSWORD"];
  if (password) return password;
  throw ironkeepError(
    "ERR_CONFIG",
    "A session needs a password of at least 32 random characters: pass `password`, or set NUXT_SESSION_PASSWORD or " +
      "SESSION_PASSWORD. Make one with: node -p \"require('crypto').randomBytes(32).toString('base64')\"",
  );
}
