import type { Sealer, SealerOptions } from "../engine/index.js";
import { ironkeepError } from "../errors.js";
import { defaults } from "../iron/index.js";
import { nearest } from "../nearest.js";
import { DEFAULT_NAME, isBindable, toInstant } from "../option-values.js";
import { environmentPassword, toSessionForm } from "../password.js";
import { ByPassword, flatten, type IronNumbers, isKeyring, type Keys, toSealer } from "../sealers.js";
import { warnOnce } from "../warn.js";
import type { Major } from "./_h3.js";
import { cookieProblems } from "./cookie-rules.js";
import { CookieWriter, longestCookie } from "./cookies.js";
import type { SessionConfig, SessionCookieOptions } from "./types.js";

/** PBKDF2 iterations of the two generations of Fe26.2. */
const ITERATIONS = { 1: 1, 2: 8192 } as const;
/** The longest token that a session writes and reads, in characters. Node's limit for all headers is a quarter of it. */
const MAX_TOKEN_LENGTH = 64 * 1024;

const DEFAULT_COOKIE: SessionCookieOptions = { path: "/", secure: true, httpOnly: true, sameSite: "lax" };

const KEYS: ReadonlySet<string> = new Set<keyof SessionConfig>([
  "password",
  "audience",
  "maxAge",
  "idleTimeout",
  "name",
  "cookie",
  "sessionHeader",
  "seal",
  "crypto",
  "generateId",
  "legacySealFallback",
  "lazy",
  "generation",
  "salts",
  "maxCookieBytes",
  "revocation",
  "revocationTimeout",
  "schema",
  "onInvalid",
  "strict",
  "store",
  "migrate",
  "deadline",
  "tombstone",
  "onConflict",
]);

const COOKIE_KEYS: readonly (keyof SessionCookieOptions)[] = [
  "domain",
  "encode",
  "expires",
  "httpOnly",
  "maxAge",
  "path",
  "priority",
  "sameSite",
  "secure",
  "partitioned",
  "chunkMaxLength",
];
const COOKIE_KEY_SET: ReadonlySet<string> = new Set(COOKIE_KEYS);

const sealers = new ByPassword<Sealer>();
/** By the session's name, which takes the place of a password: a writer depends on none. */
const writers = new ByPassword<CookieWriter>();

/** The name of a session. */
export function sessionName(config: Partial<SessionConfig>): string {
  return config.name || DEFAULT_NAME;
}

/** The request header that may carry the session, if any, in lower case. */
export function sessionHeader(config: SessionConfig, name: string): string | undefined {
  if (config.sessionHeader === false) return undefined;
  if (typeof config.sessionHeader === "string") return config.sessionHeader.toLowerCase();
  return `x-${name.toLowerCase()}-session`;
}

/** @throws `ERR_CONFIG` in strict mode for an option that does not exist, which is one warning otherwise. */
export function checkConfig(config: SessionConfig): void {
  checkKeys(config, KEYS, "session option", config.strict);
}

/**
 * What seals and opens the session's tokens, found again by the configuration's content.
 *
 * @throws `ERR_CONFIG` without a password, or for one in a form that cannot work.
 */
export function sessionSealer(config: SessionConfig, major: Major): Sealer {
  checkConfig(config);
  const name = sessionName(config);
  const password = config.password ?? environmentPassword();
  // Also for a visitor without a cookie, whom a closed ring would otherwise tell nothing.
  if (isKeyring(password)) password.requireOpen();
  return sealers.get(password, toSessionForm, sealContent(config, major), (keys) => {
    const options = sealOptions(config, major);
    const sealer = toSealer(keys, options, {
      ...sealFormat(config, keys),
      alsoOpens: alsoOpens(config, iterationsOf(options)),
      epochSalts: config.salts !== "fresh",
      maxTokenLength: MAX_TOKEN_LENGTH,
      name,
    });
    if (sealer.guessable) {
      warnOnce(
        `The password of the session "${name}" is guessable or too short, and whoever has a cookie can try passwords on it. ` +
          "Make one with: node -p \"require('crypto').randomBytes(32).toString('base64')\"",
      );
    }
    return sealer;
  });
}

/**
 * What writes the session's cookie. It needs no password, so that a session can be cleared without one.
 *
 * @throws TypeError for attributes that no browser takes; `ERR_CONFIG` for them in strict mode, and for a `maxCookieBytes`
 * that is no positive number.
 */
export function cookieWriter(config: Partial<SessionConfig>, name: string, major: Major): CookieWriter {
  const { cookie, maxCookieBytes, strict } = config;
  const attributes = cookie || {};
  checkKeys(attributes, COOKIE_KEY_SET, "cookie option", strict);
  return writers.get(
    name,
    toSessionForm,
    [major, maxCookieBytes, strict, cookieLifetime(config), ...cookieValues(attributes)],
    () => {
      const options = { ...DEFAULT_COOKIE, ...attributes };
      checkCookie(name, options, config);
      return new CookieWriter(name, options, major, cookieLimit(maxCookieBytes));
    },
  );
}

function cookieLimit(bytes: number | undefined): number {
  if (bytes === undefined) return Number.POSITIVE_INFINITY;
  if (typeof bytes === "number" && bytes > 0) return bytes;
  throw ironkeepError("ERR_CONFIG", "maxCookieBytes has to be a positive number of bytes");
}

function checkCookie(name: string, options: SessionCookieOptions, config: Partial<SessionConfig>): void {
  const facts = { ...options, name: longestCookie.name(name), valueLength: longestCookie.value(options) };
  const problems = cookieProblems({ ...facts, lifetime: cookieLifetime(config) }, Date.now());
  if (problems.length === 0) return;
  const reasons = problems.map(({ message }) => message).join("; ");
  const text = `The cookie of the session ${JSON.stringify(name)} is one that browsers may refuse or change: ${reasons}`;
  if (config.strict) throw ironkeepError("ERR_CONFIG", text);
  warnOnce(text);
}

/** Seconds after which a cookie that is set now expires. */
function cookieLifetime({ idleTimeout, maxAge }: Partial<SessionConfig>): number | undefined {
  return maxAge && idleTimeout ? Math.min(maxAge, idleTimeout) : maxAge || idleTimeout || undefined;
}

function cookieValues(cookie: SessionCookieOptions): unknown[] {
  return COOKIE_KEYS.map((key) => {
    const value = cookie[key];
    return value instanceof Date ? value.getTime() : value;
  });
}

/** The options of `seal` that are no options of iron. */
const MODERN_KEYS: ReadonlySet<string> = new Set(["format", "acceptIronUntil", "compress"]);

function hasIronOptions(seal: object): boolean {
  for (const key in seal) if (!MODERN_KEYS.has(key)) return true;
  return false;
}

/** Everything that a sealer depends on, beside the password. Most configurations need no iron options made for it. */
function sealContent(config: SessionConfig, major: Major): readonly unknown[] {
  const { audience, generation, legacySealFallback, salts, seal } = config;
  const name = sessionName(config);
  const written = generation ?? major;
  if (!seal) return [name, audience, legacySealFallback, salts, written, lifetime(config)];
  const { acceptIronUntil, compress, format } = seal;
  const until = Number(acceptIronUntil ?? 0);
  const content: unknown[] = [name, audience, legacySealFallback, salts, format, until, compress];
  if (hasIronOptions(seal)) content.push(...flatten(sealOptions(config, major)));
  else content.push(written, lifetime(config));
  return content;
}

/** @throws `ERR_CONFIG` for a format that does not exist or lacks its ring, and for texts that cannot be bound. */
function sealFormat(
  config: SessionConfig,
  keys: Keys,
): Pick<SealerOptions, "acceptIronUntil" | "audience" | "compress" | "format"> {
  const { format = "iron", acceptIronUntil = 0, compress = false } = config.seal ?? {};
  const { audience = "" } = config;
  if (format !== "iron" && format !== "ik1")
    throw ironkeepError("ERR_CONFIG", 'seal.format: has to be "iron" or "ik1"');
  if (format === "ik1" && !isKeyring(keys)) {
    throw ironkeepError(
      "ERR_CONFIG",
      "seal.format: ik1 needs keys that are not stretched: pass a ring of createKeyring as password",
    );
  }
  const until = Number(acceptIronUntil) === 0 ? 0 : toInstant(acceptIronUntil, "seal.acceptIronUntil");
  const bound = Object.entries({ audience, name: sessionName(config) });
  const odd = bound.find(([, text]) => !isBindable(text));
  if (odd && isKeyring(keys)) {
    throw ironkeepError("ERR_CONFIG", `${odd[0]}: has to be text without lone surrogates`);
  }
  if (audience && !isKeyring(keys)) {
    warnOnce(
      `The audience of the session "${sessionName(config)}" binds nothing: only tokens of seal.format "ik1" have a place for it`,
    );
  }
  return { format, acceptIronUntil: until, compress: Boolean(compress), audience };
}

/** How long a seal is good for, in milliseconds. */
function lifetime(config: SessionConfig): number {
  return (config.maxAge || config.idleTimeout || 0) * 1000;
}

/** iron's options as h3 puts them together: the configuration's replace the defaults half by half. */
function sealOptions(config: SessionConfig, major: Major): IronNumbers {
  const iterations = ITERATIONS[config.generation ?? major];
  return {
    ...defaults,
    encryption: { ...defaults.encryption, iterations },
    integrity: { ...defaults.integrity, iterations },
    ttl: lifetime(config),
    ...config.seal,
  };
}

function iterationsOf(options: IronNumbers): number | undefined {
  const { integrity } = options;
  const iterations: unknown =
    typeof integrity === "object" && integrity !== null && "iterations" in integrity ? integrity.iterations : undefined;
  return typeof iterations === "number" ? iterations : undefined;
}

/** The generations that are read beside the written one. A weaker one can be switched off, as in h3. */
function alsoOpens(config: SessionConfig, written: number | undefined): number[] {
  return Object.values(ITERATIONS).filter(
    (iterations) => config.legacySealFallback !== false || written === undefined || iterations > written,
  );
}

/** Keys that were warned about. Looking for the nearest name costs more than a session. */
const namedKeys = new Set<string>();
const MAX_NAMED_KEYS = 1000;

/** @throws `ERR_CONFIG` in strict mode for a key that does not exist, which is one warning otherwise. */
function checkKeys(options: object, known: ReadonlySet<string>, kind: string, strict: boolean | undefined): void {
  for (const key in options) {
    if (known.has(key) || (!strict && (namedKeys.has(`${kind} ${key}`) || namedKeys.size >= MAX_NAMED_KEYS))) continue;
    const meant = nearest(key, known);
    const hint = meant ? `; did you mean "${meant}"?` : "";
    if (strict) throw ironkeepError("ERR_CONFIG", `The ${kind} "${key}" does not exist${hint}`);
    namedKeys.add(`${kind} ${key}`);
    warnOnce(`The ${kind} "${key}" does not exist and is ignored${hint}`);
  }
}
