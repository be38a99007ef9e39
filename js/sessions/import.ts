import { importedSessionId, importKey, sessionTag, storeKey } from "#engine";

import { emptyData, type SessionData } from "../data.js";
import type { ImportState, StoreCall } from "../store/types.js";
import { checked } from "./checked.js";
import { contentOf } from "./content.js";
import { IMPORT_MARGIN, isUser, type Stored } from "./context.js";
import { create, newRecord } from "./create.js";
import { endKey } from "./destroy.js";
import { load } from "./open.js";
import { repeated } from "./outcome.js";
import { endedSession, newSession, type StoredSession } from "./state.js";
import type { CallOptions } from "./types.js";
import { hasCode, Waiting } from "./waiting.js";

/** How often, and for how long at most each time, in milliseconds, another request is waited for that imports the same seal. */
const MAX_WAITS = 5;
const MAX_WAIT_MS = 16;

/** What an authentic seal holds that has not expired. It came out of a token, and may be anything. */
export interface SealedSession {
  readonly id?: unknown;
  readonly createdAt?: unknown;
  readonly data?: unknown;
  readonly flash?: unknown;
  readonly userId?: unknown;
  readonly authenticatedAt?: unknown;
}

/**
 * The stored session of a sealed one, which is imported where nobody has done it yet. All requests with the seal come to the
 * same session, and to none once that has ended. Copies of it that name another user, or none, do not come to a user's.
 *
 * - `stored`: it is there. `needsCookie` is true.
 * - `ended`: it ended not long ago, or before it was imported, or is another user's. No cookie may be set.
 * - `new`: it is not taken over. There is no `migrate`, or its `until` has passed; it is too old, refused by the schema, or older
 *   than its user's revocation; or it was imported, and that session is over. Whoever writes then begins another.
 *
 * @throws the store's errors; `ERR_SCHEMA` with `onInvalid: "reject"`.
 */
export async function importSealed(stored: Stored, seal: SealedSession, call?: CallOptions): Promise<StoredSession> {
  const keep = keepFor(stored);
  const name = nameOf(stored, seal);
  if (keep === undefined || name === undefined) return newSession();
  const data = Object.assign(emptyData(), objectOf(seal.data));
  const userId = userOf(stored, seal, data);
  const waiting = new Waiting(stored, call);
  const { store } = stored;
  const tag = sessionTag(userId ?? "");
  const marker = markerOf(stored, name);
  const state = await begun(waiting, userId !== undefined, tag, (ask) => store.beginImport(ask, marker, tag, keep));
  if (state === undefined) await repeated(waiting, (ask) => store.endImport(ask, marker, keep));
  if (state?.tag === undefined) return endedSession();
  const id = importedSessionId(state.tag, name);
  const key = storeKey(id) as string;
  if (state.outcome === "open") {
    const refused = await begin(stored, waiting, { id, key, marker, seal, data, userId });
    if (refused) return refused;
  }
  const session = await load(stored, waiting, id, key);
  // Another copy of the seal is from before the sign-in, or another one: who holds it has not proved to be this user.
  if (session.userId !== undefined && session.userId !== userId) return endedSession();
  session.needsCookie = session.status === "stored";
  return session;
}

/**
 * How far the import has come. Another copy of the seal, such as one from before the sign-in, may have begun it as nobody's:
 * under its tag a session of the user would be found by no list and no revocation. So that request is waited for a little;
 * `undefined`: it does not go on.
 */
async function begun(
  waiting: Waiting,
  hasUser: boolean,
  tag: string,
  ask: (call: StoreCall) => Promise<ImportState>,
): Promise<ImportState | undefined> {
  for (let waits = 0; ; waits++) {
    const state = await repeated(waiting, ask);
    if (state.outcome === "done" || !hasUser || state.tag === tag) return state;
    if (waits === MAX_WAITS || !(await waiting.pause(MAX_WAIT_MS))) return undefined;
  }
}

interface Imported {
  readonly id: string;
  readonly key: string;
  readonly marker: string;
  readonly seal: SealedSession;
  readonly data: SessionData;
  readonly userId: string | undefined;
}

/** Creates the record, unless another request has. When there is none, what the visitor has instead. */
async function begin(stored: Stored, waiting: Waiting, imported: Imported): Promise<StoredSession | undefined> {
  const { id, key, marker, seal, data, userId } = imported;
  const now = Date.now();
  const createdAt = timeOf(seal.createdAt, now) ?? 0;
  const age = now - createdAt;
  const maxAge = stored.hasMaxAge ? stored.maxAge - age : stored.maxAge;
  if (maxAge <= 0) return newSession();
  let content;
  try {
    content = contentOf(await checked(stored, data), objectOf(seal.flash));
  } catch (error) {
    if (stored.rejectsInvalid || !hasCode(error, "ERR_SCHEMA")) throw error;
    return newSession();
  }
  // Who signed in at an unknown time did so when the session began, or later: the earliest time is the safe one.
  const authenticated = userId === undefined ? undefined : now - (timeOf(seal.authenticatedAt, now) ?? createdAt);
  const lifetime = { maxAge, idle: stored.idle };
  const birth = { content, userId, label: undefined, authenticated, age, lifetime, import: marker };
  const created = await create(stored, waiting, key, newRecord(stored, birth));
  if (created.outcome === "done") stored.events.emit("created", { id, handle: key, userId, imported: true });
  if (created.outcome === "done" || created.outcome === "exists") return undefined;
  return created.outcome === "revoked" ? newSession() : endedSession();
}

/**
 * Ends a sealed session for the store, whether it was imported or not: nobody imports it any more. For every kind of end of a
 * request whose session came as a seal.
 *
 * @throws the store's errors.
 */
export async function endSealed(stored: Stored, seal: SealedSession, call?: CallOptions): Promise<void> {
  const keep = keepFor(stored);
  const name = nameOf(stored, seal);
  if (keep === undefined || name === undefined) return;
  const { store } = stored;
  const waiting = new Waiting(stored, call);
  // The tag of who began it is the one that its id has. From the end on no record is made, so that what is there can be ended.
  const marker = markerOf(stored, name);
  const state = await repeated(waiting, (ask) => store.beginImport(ask, marker, sessionTag(""), keep));
  await repeated(waiting, (ask) => store.endImport(ask, marker, keep));
  if (state.tag === undefined) return;
  const id = importedSessionId(state.tag, name);
  const handle = storeKey(id) as string;
  const had = await endKey(stored, waiting, handle);
  if (had) stored.events.emit("destroyed", { id, handle });
}

/** How long a marker is kept; `undefined` when no seal is taken over any more. */
function keepFor({ migrate }: Stored): number | undefined {
  const left = migrate ? migrate.until - Date.now() : 0;
  return left > 0 ? left + IMPORT_MARGIN : undefined;
}

/** What names the import. `undefined` for a seal without an id, which could not be told from another. */
function nameOf({ name, audience }: Stored, { id, createdAt }: SealedSession): string | undefined {
  if (typeof id !== "string" || id === "") return undefined;
  return importKey(name, audience, id, typeof createdAt === "number" ? createdAt : 0);
}

/** What a store has the import under: the same hash once more, since the first is in the id, and a store has no ids. */
function markerOf({ name, audience }: Stored, importName: string): string {
  return importKey(name, audience, importName, 0);
}

function userOf({ migrate }: Stored, seal: SealedSession, data: SessionData): string | undefined {
  const userId: unknown = seal.userId ?? migrate?.userId?.(data);
  return isUser(userId) ? userId : undefined;
}

/** A time of a seal. One in the future comes from a clock that is ahead. */
function timeOf(time: unknown, now: number): number | undefined {
  return typeof time === "number" && Number.isFinite(time) ? Math.min(time, now) : undefined;
}

function objectOf(value: unknown): SessionData {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  return Object.assign(emptyData(), isObject ? value : undefined);
}
