import { isIronkeepError } from "../../errors.js";
import type { SessionStore } from "../../store/types.js";
import { warnOnce } from "../../warn.js";

/** How often sessions that have expired are removed, in milliseconds, and at most how many at once. */
const SWEEP_EVERY = 60_000;
const SWEEP_AT_ONCE = 1000;
/** How long the first call may take, in milliseconds. */
const FIRST_DEADLINE = 5000;

/**
 * Opens the store, so that what is wrong with it is said when the server starts, and removes expired sessions from time to time.
 * A store that does not answer yet keeps no server from starting: its calls fail until it does.
 *
 * @returns what closes it.
 */
export function keepStore(store: SessionStore): () => Promise<void> {
  void sweep(store, FIRST_DEADLINE);
  const timer = setInterval(() => void sweep(store), SWEEP_EVERY);
  timer.unref();
  return () => {
    clearInterval(timer);
    return store.close();
  };
}

async function sweep(store: SessionStore, deadline?: number): Promise<void> {
  try {
    let removed: number;
    do removed = await store.deleteExpired({ deadline, now: Date.now() }, SWEEP_AT_ONCE);
    while (removed === SWEEP_AT_ONCE);
  } catch (error) {
    const isOurs = isIronkeepError(error);
    if (isOurs && error.code === "ERR_STORE_CLOSED") return;
    const reason = isOurs ? `: ${error.message}` : "";
    warnOnce(`The session store "${store.driver}" does not answer${reason}`);
  }
}
