import type { PresentedId, Sealer } from "../engine/index.js";
import type { Stored } from "./context.js";
import type { StoredSession } from "./state.js";
import { hasCode } from "./waiting.js";

/** Longer than any cookie of ours. */
const MAX_COOKIE_LENGTH = 1024;

/**
 * The value of the cookie of a stored session. A promise only where the keys have to be read first.
 *
 * @throws `ERR_KEYRING_UNAVAILABLE`, `ERR_KEYRING_CLOSED`, `ERR_CONFIG` when no key of a ring may seal yet.
 */
export function cookieOf({ sealer }: Stored, session: Pick<StoredSession, "id">): string | Promise<string> {
  const sign = () => sealer.sessionCookie(session.id, Date.now());
  try {
    return sign();
  } catch (error) {
    if (!sealer.readKeys || !hasCode(error, "ERR_KEYRING_UNAVAILABLE")) throw error;
    return sealer.readKeys(Date.now()).then(sign);
  }
}

/** The id that a cookie holds; `null` for what none of our keys made. */
export function presentedBy(stored: Stored, cookie: string): PresentedId | null | Promise<PresentedId | null> {
  if (typeof cookie !== "string" || cookie.length > MAX_COOKIE_LENGTH) return null;
  try {
    return stored.sealer.openSessionCookie(cookie, Date.now());
  } catch (error) {
    if (!hasCode(error, "ERR_KEY_UNKNOWN") && !hasCode(error, "ERR_KEYRING_UNAVAILABLE")) throw error;
    return stored.sealer.readKeys ? openLater(stored.sealer, cookie) : null;
  }
}

/** Reads the keys of a ring: once where it was never read, and once more for a key that it does not know. */
async function openLater(sealer: Sealer, cookie: string): Promise<PresentedId | null> {
  for (let tries = 0; tries < 2; tries++) {
    await sealer.readKeys?.(Date.now(), cookie);
    try {
      return sealer.openSessionCookie(cookie, Date.now());
    } catch (error) {
      if (!hasCode(error, "ERR_KEY_UNKNOWN")) throw error;
    }
  }
  return null;
}
