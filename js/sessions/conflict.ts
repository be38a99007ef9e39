import { ironkeepError } from "../errors.js";
import { type Changes, changedByBoth, type Content } from "./content.js";
import type { Stored } from "./context.js";
import type { StoredSession } from "./state.js";
import type { Place } from "./queue.js";
import type { Waiting } from "./waiting.js";

/** Milliseconds before a write that lost is made again, doubled each time: at most this long, at random. */
const BASE_PAUSE = 1;
const MAX_PAUSE = 64;

/** A write that lost against another. */
export interface Lost {
  /** What this object changed directly since it read the session. */
  readonly direct: Changes;
  /** All that the write would have changed. */
  readonly mine: Changes;
  /** What others made of what this object had read, by now, and what of that is new to this write. */
  readonly theirs: Changes;
  readonly news: Changes;
  /** How often the write has lost before. */
  readonly losses: number;
}

/**
 * Waits for a write to be made again on what is there now.
 *
 * @throws `ERR_SESSION_CONFLICT` for keys that were changed directly here and by others too, under `onConflict: "throw"`, and
 * when the time is over.
 */
export async function retry(
  stored: Stored,
  waiting: Waiting,
  session: StoredSession,
  lost: Lost,
  place: Place,
): Promise<void> {
  const { direct, mine, theirs, news, losses } = lost;
  const keys = changedByBoth(direct, theirs);
  const isRefused = stored.refusesConflicts || keys.length > 0;
  const { id, key: handle, userId } = session;
  const event = { id, handle, userId, keys: keys.length > 0 ? keys : changedByBoth(mine, news) };
  stored.events.emit("conflict", { ...event, outcome: isRefused ? "refused" : "retry" });
  if (isRefused)
    throw conflict("Another request changed the session at the same time: read it again, and repeat the change");
  const pause = () => waiting.pause(Math.min(BASE_PAUSE * 2 ** losses, MAX_PAUSE));
  if (await (place.isTaken ? pause() : place.take(waiting))) return;
  throw conflict("Other requests changed the session each time, until the deadline: try again");
}

function conflict(message: string): Error {
  return ironkeepError("ERR_SESSION_CONFLICT", `${message}. Nothing was written`);
}

/** Content that others may have changed, and its version. */
export interface Current {
  readonly content: Content;
  readonly version: number;
}
