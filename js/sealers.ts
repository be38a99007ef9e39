import { createSealer } from "#engine";

import { ironkeepError } from "./errors.js";
import type { PasswordForm, Sealer, SealerOptions } from "./engine/index.js";
import type { Keyring } from "./keyring/index.js";
import { passwordKey } from "./password.js";
import { Recent } from "./recent.js";

/** Passwords whose sealers are kept. An app has one or a few; one for each tenant still mostly hits. */
const MAX_PASSWORDS = 256;
/** Sets of options that are kept for one password. */
const MAX_OPTIONS = 16;

/** Where a ring makes its sealers. It is known by this, so that who has none does not load what makes one. */
export const MAKE_SEALER = Symbol("ironkeep.makeSealer");

/** What seals and opens: a password in one of its forms, or a ring. */
export type Keys = Keyring | PasswordForm;

/** Whether a password is a ring. */
export function isKeyring(password: unknown): password is Keyring {
  return typeof password === "object" && password !== null && MAKE_SEALER in password;
}

/** A sealer with the options that made it. */
export interface Kept<T> {
  readonly options: readonly unknown[];
  readonly value: T;
}

/**
 * What is made from a password and options, found again by content: apps pass a new options object in every call.
 *
 * Passwords given as text are looked up by themselves; other forms by a text of their own, in a map of its own, since a
 * password may be any text. A ring is looked up as the object that it is.
 */
export class ByPassword<T> {
  readonly #texts = new Recent<Kept<T>[]>(MAX_PASSWORDS);
  readonly #forms = new Recent<Kept<T>[]>(MAX_PASSWORDS);
  readonly #rings = new WeakMap<Keyring, Kept<T>[]>();

  /**
   * @param password the password as the app gave it.
   * @param toForm reads it.
   * @param options everything else that the value depends on, flat; compared with `Object.is`.
   * @param make makes the value.
   */
  get(
    password: unknown,
    toForm: (password: unknown) => PasswordForm,
    options: readonly unknown[],
    make: (keys: Keys) => T,
  ): T {
    if (typeof password === "string") {
      return this.#find(this.#texts, password, options, () => make(toForm(password)));
    }
    if (isKeyring(password)) return this.#find(this.#rings, password, options, () => make(password));
    const form = toForm(password);
    return this.#find(this.#forms, passwordKey(form), options, () => make(form));
  }

  #find<K>(passwords: Lookup<K, Kept<T>[]>, key: K, options: readonly unknown[], make: () => T): T {
    const kept = passwords.get(key);
    const found = kept?.find((entry) => sameValues(entry.options, options));
    if (found) return found.value;
    const value = make();
    const others = kept ? kept.slice(-(MAX_OPTIONS - 1)) : [];
    passwords.set(key, [...others, { options, value }]);
    return value;
  }
}

interface Lookup<K, V> {
  get(key: K): V | undefined;
  set(key: K, value: V): void;
}

function sameValues(a: readonly unknown[], b: readonly unknown[]): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) {
    if (!Object.is(a[index], b[index])) return false;
  }
  return true;
}

/** The options of iron, as far as a sealer depends on them; a half that is no object is missing. */
export interface IronNumbers {
  readonly encryption?: unknown;
  readonly integrity?: unknown;
  readonly ttl?: unknown;
  readonly timestampSkewSec?: unknown;
  readonly localtimeOffsetMsec?: unknown;
}

/** What else a sealer depends on. */
export type SealerExtras = Pick<SealerOptions, "alsoOpens" | "epochSalts" | "maxTokenLength" | "name"> &
  Partial<Pick<SealerOptions, "acceptIronUntil" | "audience" | "compress" | "format">>;

/** Options that cannot change any more are flattened once. */
const flattened = new WeakMap<object, readonly unknown[]>();

/** {@link IronNumbers} as a flat list, for comparing. */
export function flatten(options: IronNumbers): readonly unknown[] {
  const known = flattened.get(options);
  if (known) return known;
  const flat = [
    ...flattenHalf(options.encryption),
    ...flattenHalf(options.integrity),
    options.ttl,
    options.timestampSkewSec,
    options.localtimeOffsetMsec,
  ];
  if ([options, options.encryption, options.integrity].every((part) => Object.isFrozen(part)))
    flattened.set(options, flat);
  return flat;
}

function flattenHalf(half: unknown): unknown[] {
  if (typeof half !== "object" || half === null) return [undefined];
  const { algorithm, saltBits, iterations, minPasswordlength } = half as Record<string, unknown>;
  return [true, algorithm, saltBits, iterations, minPasswordlength];
}

/** Makes a sealer from iron's options, which are judged when they are used. */
export function toSealer(keys: Keys, options: IronNumbers, extras: SealerExtras): Sealer {
  const made: SealerOptions = {
    ttl: toNumber(options.ttl, "ttl"),
    skew: toNumber(options.timestampSkewSec, "timestampSkewSec") * 1000,
    offset: toNumber(options.localtimeOffsetMsec, "localtimeOffsetMsec"),
    purpose: "session",
    audience: "",
    format: "iron",
    acceptIronUntil: 0,
    compress: false,
    ...extras,
  };
  const encryption = toHalf(options.encryption);
  if (encryption) made.encryption = encryption;
  const integrity = toHalf(options.integrity);
  if (integrity) made.integrity = integrity;
  return isKeyring(keys) ? keys[MAKE_SEALER](made) : createSealer(keys, made);
}

function toHalf(half: unknown): SealerOptions["encryption"] {
  if (typeof half !== "object" || half === null) return undefined;
  const { algorithm, saltBits, iterations, minPasswordlength } = half as Record<string, unknown>;
  return {
    algorithm: String(algorithm),
    saltBits: toNumber(saltBits, "saltBits"),
    iterations: toNumber(iterations, "iterations"),
    minPasswordLength: toNumber(minPasswordlength, "minPasswordlength"),
  };
}

/**
 * A number as JavaScript reads it from a text too, since options come from the environment.
 *
 * @throws `ERR_SEAL_UNSUPPORTED` for what is no finite number: taken as 0 it would switch an expiry or a minimum off.
 */
function toNumber(value: unknown, name: string): number {
  if (value === undefined || value === null || value === "") return 0;
  const number = typeof value === "number" || typeof value === "string" ? Number(value) : Number.NaN;
  if (!Number.isFinite(number))
    throw ironkeepError("ERR_SEAL_UNSUPPORTED", `Bad options: ${name} has to be a finite number`);
  return number;
}
