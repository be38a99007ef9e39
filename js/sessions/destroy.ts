import { storeKey } from "#engine";

import type { Stored } from "./context.js";
import { presentedBy } from "./ids.js";
import { repeated } from "./outcome.js";
import { end, newSession, type StoredSession } from "./state.js";
import type { CallOptions } from "./types.js";
import { Waiting } from "./waiting.js";

/**
 * Ends a session. What is under way for it elsewhere writes nothing any more. Says whether there was one.
 *
 * @throws the store's errors, and then the session has not ended, as far as is known.
 */
export async function destroySession(stored: Stored, session: StoredSession, call?: CallOptions): Promise<boolean> {
  const waiting = new Waiting(stored, call);
  // A session that is being created has no key yet. An updater of one that is not finds it ended.
  if (session.status === "new" && session.isMoving && session.turn) await waiting.behind(session.turn);
  if (session.status !== "stored") {
    end(session);
    return false;
  }
  let had = false;
  for (let ended = ""; ended !== session.key;) {
    ended = session.key;
    had = (await destroyNow(stored, waiting, session)) || had;
    // A new id that it got, or is just getting, ends too, and so does one of a write that waited behind that.
    while (session.isMoving && session.turn) await waiting.behind(session.turn);
  }
  end(session);
  return had;
}

/** Ends the session of an id that nobody has read: also one that cannot be read. Says whether there was one. */
export function destroyUnread(stored: Stored, id: string, key: string, call?: CallOptions): Promise<boolean> {
  return destroySession(stored, { ...newSession(), status: "stored", id, key }, call);
}

/** The same for the session of a cookie; `false` for one that is forged. */
export async function destroyByCookie(stored: Stored, cookie: string, call?: CallOptions): Promise<boolean> {
  const presented = await presentedBy(stored, cookie);
  return presented !== null && destroyUnread(stored, presented.id, presented.key, call);
}

/** Ends sessions by their ids, and says how many there were. A store says of many together only that. */
export async function destroyMany(stored: Stored, ids: readonly string[], call?: CallOptions): Promise<number> {
  const keys = new Map<string, string>();
  for (const id of ids) {
    const key = storeKey(id);
    if (key !== null) keys.set(key, id);
  }
  const waiting = new Waiting(stored, call);
  if (!stored.events.hears("destroyed")) {
    const { store, tombstone } = stored;
    return repeated(waiting, (ask) => store.deleteMany(ask, [...keys.keys()], tombstone));
  }
  const had = await Promise.all([...keys].map(([key, id]) => destroyUnread(stored, id, key, call)));
  return had.filter(Boolean).length;
}

async function destroyNow(stored: Stored, waiting: Waiting, session: StoredSession): Promise<boolean> {
  const { id, key: handle, userId } = session;
  const had = await endKey(stored, waiting, handle);
  if (had) stored.events.emit("destroyed", { id, handle, userId });
  return had;
}

/** Ends what is under a key, and says whether there was a session. */
export function endKey({ store, tombstone }: Stored, waiting: Waiting, key: string): Promise<boolean> {
  return repeated(waiting, (call) => store.delete(call, key, tombstone));
}
