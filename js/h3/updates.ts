import { ironkeepError } from "../errors.js";
import type { Live } from "./state.js";
import type { Session, SessionUpdate } from "./types.js";

/** How long an update waits for an async updater of the same request before it is taken for one that waits for itself. */
const MAX_UPDATE_WAIT_MS = 30_000;

/**
 * Applies an update to the session's data. Functions run one after the other, so that each sees what the one before left.
 *
 * @throws `ERR_CONFIG` when an async updater does not end, and whatever an updater throws.
 */
export async function apply(live: Live, session: Session, update: SessionUpdate | undefined): Promise<void> {
  if (typeof update !== "function") {
    if (update) Object.assign(session.data, update);
    return;
  }
  while (live.updating) await settled(live.updating);
  if (live.session !== session) return;
  const result = update(session.data);
  if (!isPromise(result)) {
    if (result) Object.assign(session.data, result);
    return;
  }
  const updating = Promise.resolve(result).then((partial) => {
    if (partial) Object.assign(session.data, partial);
  });
  live.updating = updating;
  try {
    await updating;
  } finally {
    live.updating = undefined;
  }
}

function isPromise<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof (value as Partial<PromiseLike<T>> | undefined)?.then === "function";
}

/** Waits for another update to end, well or badly. */
async function settled(updating: Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = ironkeepError(
      "ERR_CONFIG",
      `An async updater of this session has not ended for ${MAX_UPDATE_WAIT_MS / 1000} s. An updater must not wait for ` +
        "another update by a function, since that one waits for it",
    );
    timer = setTimeout(() => reject(error), MAX_UPDATE_WAIT_MS);
    timer.unref?.();
  });
  try {
    await Promise.race([updating.catch(() => undefined), late]);
  } finally {
    clearTimeout(timer);
  }
}
