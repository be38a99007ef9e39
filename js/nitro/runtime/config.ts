import { ironkeepError } from "../../errors.js";
import type { SessionConfig } from "../../h3/types.js";
import type { StoreConfig } from "../../store/options.js";

/** Options of sessions that are no plain data: they are passed by handlers. */
type InCode = "crypto" | "generateId" | "migrate" | "revocation" | "schema" | "store";

/** `runtimeConfig.session`: what a configuration of sessions has, as far as it is plain data. */
export type SessionRuntimeConfig = Omit<SessionConfig, InCode> & {
  /** Where sessions are kept: the options of `createStore`. It is opened once for the process. @default in the cookie */
  store?: StoreConfig | undefined;
};

/** Options that are numbers. The environment gives them as text. */
const NUMBERS = ["maxAge", "idleTimeout", "maxCookieBytes", "revocationTimeout", "deadline", "tombstone", "generation"];
const STORE_NUMBERS = ["deadline", "maxData", "maxBytes", "maxEntries", "snapshotInterval", "database"];

/** What is wrong with one of these would be noticed by the first visitor, or by nobody. */
const FORMS: Readonly<Record<string, { is(value: unknown): boolean; form: string }>> = {
  ...Object.fromEntries(NUMBERS.map((name) => [name, { is: isAmount, form: "a number, and not below 0" }])),
  ...Object.fromEntries(
    ["lazy", "strict", "legacySealFallback"].map((name) => [
      name,
      { is: (value: unknown) => typeof value === "boolean", form: "true or false" },
    ]),
  ),
  generation: { is: (value) => value === 1 || value === 2, form: "1 or 2" },
  salts: { is: (value) => value === "epoch" || value === "fresh", form: '"epoch" or "fresh"' },
  sessionHeader: {
    is: (value) => value === false || typeof value === "string",
    form: "the name of a header, or false",
  },
  seal: { is: isObject, form: "an object with options" },
  cookie: { is: (value) => value === false || isObject(value), form: "an object with attributes, or false" },
  store: { is: (value) => value === false || isObject(value), form: "an object with the options of a store" },
};

/** The configuration of sessions, and the options of the store, as `runtimeConfig.session` has them. */
export function readRuntimeConfig(session: unknown): { config: SessionConfig; store: StoreConfig | undefined } {
  const { store, cookie, ...config } = checked(withNumbers(withBooleans(setOnes(session)), NUMBERS, ""));
  if (cookie === false) config["cookie"] = false;
  else if (isObject(cookie)) config["cookie"] = setOnes(cookie);
  const options = isObject(store) ? ofOneDriver(setOnes(store)) : {};
  if (options["driver"] === undefined) {
    const [option] = Object.keys(options);
    if (option !== undefined)
      throw wrong(`runtimeConfig.session.store has the option "${option}" and no driver: say which store`);
    return { config, store: undefined };
  }
  return { config, store: withNumbers(options, STORE_NUMBERS, "store.") as unknown as StoreConfig };
}

/** Which servers those are that an address takes the place of. */
const SERVERS = new Set(["cluster", "sentinel"]);
/** What a store in Redis has in common with others, which the app may name: their own options would be refused. */
const COMMON = new Set(["deadline", "maxData"]);

/** The environment can set `url` and `path`, whatever the app says. An address stands for Redis, and a file for SQLite. */
function ofOneDriver({ path, url, ...others }: Record<string, unknown>): Record<string, unknown> {
  if (url !== undefined) {
    const isRedis = others["driver"] === undefined || others["driver"] === "redis";
    const kept = Object.entries(others).filter(([name]) => (isRedis ? !SERVERS.has(name) : COMMON.has(name)));
    return { ...Object.fromEntries(kept), driver: "redis", url };
  }
  const driver = others["driver"] ?? (path === undefined ? undefined : "sqlite");
  return driver === "sqlite" ? { ...others, driver, path } : others;
}

/** What is set: the module declares options as empty texts, so that the environment can set them. */
function setOnes(value: unknown): Record<string, unknown> {
  if (!isObject(value)) return {};
  return Object.fromEntries(
    Object.entries(value).filter(([, option]) => option !== "" && option !== undefined && option !== null),
  );
}

/** The environment gives them as text. */
function withBooleans(options: Record<string, unknown>): Record<string, unknown> {
  const read = { ...options };
  for (const [name, value] of Object.entries(options)) {
    if (Object.hasOwn(FORMS, name) && (value === "true" || value === "false")) read[name] = value === "true";
  }
  return read;
}

/** @throws `ERR_CONFIG` that names the option, and does not repeat its value. */
function checked(options: Record<string, unknown>): Record<string, unknown> {
  for (const [name, value] of Object.entries(options)) {
    const expected = Object.hasOwn(FORMS, name) ? FORMS[name] : undefined;
    if (expected && !expected.is(value)) throw wrong(`runtimeConfig.session.${name}: has to be ${expected.form}`);
  }
  return options;
}

function withNumbers(
  options: Record<string, unknown>,
  names: readonly string[],
  prefix: string,
): Record<string, unknown> {
  const read = { ...options };
  for (const name of names) {
    const value = read[name];
    if (typeof value !== "string") continue;
    const number = Number(value);
    if (!Number.isFinite(number)) throw wrong(`runtimeConfig.session.${prefix}${name}: has to be a number`);
    read[name] = number;
  }
  return read;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isAmount(value: unknown): boolean {
  return Number.isFinite(value) && (value as number) >= 0;
}

function wrong(message: string): Error {
  return ironkeepError("ERR_CONFIG", message);
}
