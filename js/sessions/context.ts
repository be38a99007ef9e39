import { newSessionId } from "#engine";

import { MAX_DELAY_MS } from "../deadline.js";
import type { Sealer } from "../engine/index.js";
import { ironkeepError } from "../errors.js";
import { defaults } from "../iron/index.js";
import { DEFAULT_NAME, isBindable, toInstant } from "../option-values.js";
import { environmentPassword, toSessionForm } from "../password.js";
import { ByPassword, isKeyring, toSealer } from "../sealers.js";
import type { StandardSchemaV1 } from "../standard-schema.js";
import type { SessionStore, StoreClause } from "../store/types.js";
import { type Emitter, emitterOf } from "./events.js";
import type { MigrateOptions, StoredSessionOptions } from "./types.js";

const DAY = 86_400;
/** Seconds. A store lets nothing live for ever. */
const DEFAULT_MAX_AGE = 30 * DAY;
/** With an idle time: as long as browsers keep a cookie. */
const DEFAULT_MAX_AGE_IDLE = 400 * DAY;
const DEFAULT_TOMBSTONE = 60;
/** Milliseconds. */
const DEFAULT_DEADLINE = 250;
/** Markers of imports outlive the last import by so many milliseconds, for clocks that differ. */
export const IMPORT_MARGIN = 60_000;
/** Seconds that fit into a timestamp, by far. */
const LONGEST = 1e10;

/** What the functions of stored sessions work with. Times are in milliseconds. */
export interface Stored {
  readonly name: string;
  readonly audience: string;
  readonly store: SessionStore;
  /** Signs the ids. */
  readonly sealer: Sealer;
  readonly maxAge: number;
  /** Whether `maxAge` was asked for: a sealed session is older than the default may be. */
  readonly hasMaxAge: boolean;
  readonly idle: number | undefined;
  readonly tombstone: number;
  readonly deadline: number;
  readonly refusesConflicts: boolean;
  readonly schema: StandardSchemaV1 | undefined;
  readonly rejectsInvalid: boolean;
  readonly migrate: { readonly until: number; readonly userId: MigrateOptions["userId"] } | undefined;
  readonly events: Emitter;
}

const sealers = new ByPassword<Sealer>();

/**
 * Reads the options of stored sessions.
 *
 * @throws `ERR_CONFIG` for options that cannot work, or that the store cannot keep; `ERR_KEY_WEAK` for a password that looks typed.
 */
export function toStored(options: StoredSessionOptions): Stored {
  const { store, name = DEFAULT_NAME, audience = "", onConflict = "merge", onInvalid = "reset", schema } = options;
  checkStore(store);
  checkText(name, "name");
  checkText(audience, "audience");
  checkChoice(onConflict, "onConflict", ["merge", "throw"]);
  checkChoice(onInvalid, "onInvalid", ["reject", "reset"]);
  if (onConflict === "throw") requireClauses(store, 'onConflict: "throw"', ["S3"]);
  const idle = seconds(options.idleTimeout, "idleTimeout");
  const maxAge = seconds(options.maxAge, "maxAge");
  const migrate = options.migrate && toMigrate(options.migrate);
  if (migrate) requireClauses(store, "migrate", ["S1", "S7"]);
  return {
    name: name || DEFAULT_NAME,
    audience,
    store,
    sealer: sealerOf(options.password ?? environmentPassword(), name || DEFAULT_NAME, audience),
    maxAge: maxAge ?? (idle === undefined ? DEFAULT_MAX_AGE : DEFAULT_MAX_AGE_IDLE) * 1000,
    hasMaxAge: maxAge !== undefined,
    idle,
    tombstone: seconds(options.tombstone, "tombstone") ?? DEFAULT_TOMBSTONE * 1000,
    deadline: toDeadline(options.deadline) ?? Math.min(store.deadline ?? DEFAULT_DEADLINE, MAX_DELAY_MS),
    refusesConflicts: onConflict === "throw",
    schema,
    rejectsInvalid: onInvalid === "reject",
    migrate,
    events: emitterOf(store, name || DEFAULT_NAME, audience),
  };
}

function sealerOf(password: unknown, name: string, audience: string): Sealer {
  if (isKeyring(password)) password.requireOpen();
  return sealers.get(password, toSessionForm, [name, audience], (keys) => {
    const extras = { alsoOpens: [], epochSalts: true, maxTokenLength: 0, name, audience };
    const sealer = toSealer(keys, defaults, extras);
    // A password that is too weak is said where it is written, and not to the first who signs in.
    if (!isKeyring(keys)) sealer.sessionCookie(newSessionId(""), 0);
    return sealer;
  });
}

/** @throws `ERR_CONFIG` for an option that needs a clause which the store says it cannot keep. */
export function requireClauses(store: SessionStore, option: string, clauses: readonly StoreClause[]): void {
  const missing = clauses.filter((clause) => store.cannot?.includes(clause));
  if (missing.length === 0) return;
  throw ironkeepError(
    "ERR_CONFIG",
    `${option}: the session store "${store.driver}" cannot keep what it needs (${missing.join(", ")}); use another store, or leave it out`,
  );
}

function checkStore(store: SessionStore): void {
  const isStore = typeof store === "object" && store !== null && typeof store.load === "function";
  if (!isStore) throw ironkeepError("ERR_CONFIG", "store: has to be a session store");
}

function checkText(text: unknown, option: string): void {
  if (isBindable(text)) return;
  throw ironkeepError("ERR_CONFIG", `${option}: has to be text without lone surrogates`);
}

/** Whether it can name a user: stores and tags have users as UTF-8, in which all lone surrogates would be one user. */
export function isUser(userId: unknown): userId is string {
  return userId !== "" && isBindable(userId);
}

function checkChoice(value: unknown, option: string, choices: readonly string[]): void {
  if (choices.includes(value as string)) return;
  throw ironkeepError("ERR_CONFIG", `${option}: has to be ${choices.map((choice) => `"${choice}"`).join(" or ")}`);
}

/** As milliseconds; `undefined` for none, which 0 is too, as in h3. */
export function seconds(value: number | undefined, option: string): number | undefined {
  if (value === undefined || value === 0) return undefined;
  if (typeof value === "number" && value > 0 && value <= LONGEST) return value * 1000;
  throw ironkeepError("ERR_CONFIG", `${option}: has to be a positive number of seconds`);
}

/** Milliseconds. */
export function toDeadline(value: number | undefined): number | undefined {
  if (value === undefined || (typeof value === "number" && value > 0 && value <= MAX_DELAY_MS)) return value;
  throw ironkeepError("ERR_CONFIG", "deadline: has to be a positive number of milliseconds");
}

function toMigrate({ until, userId }: MigrateOptions): NonNullable<Stored["migrate"]> {
  const end = toInstant(until, "migrate.until");
  if (userId !== undefined && typeof userId !== "function") {
    throw ironkeepError("ERR_CONFIG", "migrate.userId: has to be a function of the data");
  }
  return { until: end, userId };
}
