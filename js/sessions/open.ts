import { storeKey } from "#engine";

import type { Loaded } from "../store/types.js";
import { seen } from "./checked.js";
import type { Stored } from "./context.js";
import { presentedBy } from "./ids.js";
import { endedSession, newSession, sessionOf, type StoredSession } from "./state.js";
import type { CallOptions } from "./types.js";
import { hasCode, Waiting } from "./waiting.js";

/**
 * The session of a cookie.
 *
 * - `stored`: it is there. `needsCookie` says that an older key signed the cookie.
 * - `ended`: it ended not long ago.
 * - `new`: there is none, since the cookie is missing or forged, or the session is over. Nothing is written for it.
 *
 * @throws `ERR_STORE_UNAVAILABLE`, `ERR_STORE_TIMEOUT` and so on when that cannot be told: this is no visitor without a session.
 * `ERR_SCHEMA` with `onInvalid: "reject"`.
 */
export async function openSession(
  stored: Stored,
  cookie: string | undefined,
  call?: CallOptions,
): Promise<StoredSession> {
  const presented = cookie ? await presentedBy(stored, cookie) : null;
  if (!presented) return newSession();
  const { id, key, olderKey } = presented;
  const loaded = await new Waiting(stored, call).ask((ask) => stored.store.load(ask, key));
  // An authentic id was a session once.
  if (loaded.outcome === "absent") stored.events.emit("expired", { id, handle: key });
  const session = await toSession(stored, id, key, loaded);
  session.needsCookie = olderKey && session.status === "stored";
  return session;
}

/** The same for an id without a MAC, which proves nothing: for who knows whose session it is. */
export async function openById(stored: Stored, id: string, call?: CallOptions): Promise<StoredSession> {
  const key = storeKey(id);
  return key ? load(stored, new Waiting(stored, call), id, key) : newSession();
}

/** What the store has under a key. */
export async function load(stored: Stored, waiting: Waiting, id: string, key: string): Promise<StoredSession> {
  return toSession(stored, id, key, await waiting.ask((call) => stored.store.load(call, key)));
}

/** What was loaded, as a session. */
export async function toSession(stored: Stored, id: string, key: string, loaded: Loaded): Promise<StoredSession> {
  if (loaded.outcome !== "found") return loaded.outcome === "ended" ? endedSession() : newSession();
  try {
    return sessionOf(id, key, loaded.record, await seen(stored, loaded.record), stored.schema !== undefined);
  } catch (error) {
    if (stored.rejectsInvalid || !hasCode(error, "ERR_SCHEMA")) throw error;
    return newSession();
  }
}
