import { inTime } from "../deadline.js";
import { ironkeepError } from "../errors.js";
import type { Live } from "./state.js";
import type { Session, SessionData, SessionUpdate } from "./types.js";

type SessionUpdater = Extract<SessionUpdate, (...args: never[]) => unknown>;

/** How long an update waits for an async updater of the same request before it is taken for one that waits for itself. */
const MAX_UPDATE_WAIT_MS = 30_000;

/**
 * Applies an update to the session's data. Functions run one after the other, so that each sees what the one before left.
 *
 * @throws `ERR_CONFIG` when an async updater does not end, and whatever an updater throws.
 */
export function apply(live: Live, session: Session, update: SessionUpdate | undefined): void | Promise<void> {
  if (typeof update === "function") return inTurn(live, session, () => run(session, update as SessionUpdater));
  if (update) Object.assign(session.data, update);
}

function run(session: Session, update: SessionUpdater): void | Promise<void> {
  const result = update(session.data);
  if (isPromise(result)) return Promise.resolve(result).then((partial) => void Object.assign(session.data, partial));
  if (result) Object.assign(session.data, result);
}

/** Runs `work` when no update by a function is under way, unless the session is cleared by then. */
export function inTurn(live: Live, session: Session, work: () => void | Promise<void>): void | Promise<void> {
  if (live.updating) return waitForTurn(live, session, work);
  const updating = work();
  if (!updating) return;
  live.updating = updating.finally(() => {
    live.updating = undefined;
  });
  return live.updating;
}

async function waitForTurn(live: Live, session: Session, work: () => void | Promise<void>): Promise<void> {
  while (live.updating) await settled(live.updating);
  if (live.session === session) await inTurn(live, session, work);
}

/** Puts the data of another object in the place of what is there. The object stays, since handlers may hold it. */
export function putInPlace(data: SessionData, other: SessionData): void {
  for (const key of Reflect.ownKeys(data)) Reflect.deleteProperty(data, key);
  Object.assign(data, other);
}

function isPromise<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof (value as Partial<PromiseLike<T>> | undefined)?.then === "function";
}

/** Waits for another update to end, well or badly. */
async function settled(updating: Promise<void>): Promise<void> {
  const ended = updating.catch(() => undefined);
  await inTime(ended, MAX_UPDATE_WAIT_MS, () =>
    ironkeepError(
      "ERR_CONFIG",
      `An async updater of this session has not ended for ${MAX_UPDATE_WAIT_MS / 1000} s. An updater must not wait for ` +
        "another update by a function, since that one waits for it",
    ),
  );
}
