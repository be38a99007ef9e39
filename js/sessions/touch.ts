import type { Stored } from "./context.js";
import { gone } from "./save.js";
import type { StoredSession } from "./state.js";
import type { CallOptions } from "./types.js";
import { Waiting } from "./waiting.js";

/** Of the idle time. More often than this a touch moves the end of a session by too little. */
const TOUCH_SHARE = 0.1;

/** What {@link touchSession} may be told. */
export interface TouchOptions extends CallOptions {
  /** Touches it now, however short ago it was seen. */
  readonly force?: boolean | undefined;
}

/**
 * Begins the idle time again: once for each session object, and when a tenth of it has passed. Says whether the session is
 * still there. Without an idle time there is nothing to do.
 *
 * @throws the store's errors.
 */
export async function touchSession(
  stored: Stored,
  session: StoredSession,
  options: TouchOptions = {},
): Promise<boolean> {
  if (session.status !== "stored") return false;
  const { idle } = session;
  const now = Date.now();
  const isDue = !session.isTouched && idle !== undefined && now - session.lastSeenAt >= idle * TOUCH_SHARE;
  if (idle === undefined || (!isDue && !options.force)) return true;
  session.isTouched = true;
  const { key } = session;
  const expiresAt = await new Waiting(stored, options).ask((call) => stored.store.touch(call, key));
  // It may have got another id meanwhile, which was seen just then.
  if (session.key !== key) return true;
  if (expiresAt === null) {
    gone(stored, session);
    return false;
  }
  session.expiresAt = expiresAt;
  session.lastSeenAt = Math.max(session.lastSeenAt, now);
  return true;
}
