/**
 * The helpers on sessions that are kept in a store: the same verbs as those of sealed sessions, over the engine of
 * `ironkeep/sessions`. A session that nobody has stored has no id, and no cookie: the first write stores it.
 */
import { ironkeepError, isIronkeepError } from "../../errors.js";
import {
  cookieOf,
  createSession,
  destroySession,
  openSession,
  regenerateSession,
  replaceSession,
  saveFlash,
  saveSession,
  type StoredSession,
  touchSession,
} from "../../sessions/engine.js";
import { majorOf, toExchange } from "../_h3.js";
import type { Verb } from "../call.js";
import { emptySession, type Live } from "../state.js";
import type {
  RegenerateOptions,
  Session,
  SessionData,
  SessionEvent,
  SessionUpdate,
  StoredSessionConfig,
} from "../types.js";
import { isCurrent, show, type StoredCall, storedOf, toStoredCall } from "./call.js";
import { giveCookie, requireCookie } from "./cookie.js";
import { endSession } from "./ending.js";
import { answered } from "./failure.js";
import { open, settled } from "./opening.js";

export { isStored } from "./call.js";

/** See `getSession`. */
export async function get(event: SessionEvent, config: StoredSessionConfig): Promise<Session> {
  const call = toStoredCall(event, config);
  if (!call) return emptySession();
  return answered(call.exchange, async () => {
    await open(call);
    return show(call);
  });
}

/** See `useSession`. Unlike a sealed session, a new one is not begun by looking at it. `undefined` inside a cache. */
export async function liveAfterOpening(event: SessionEvent, config: StoredSessionConfig): Promise<Live | undefined> {
  const call = toStoredCall(event, config);
  if (call) await answered(call.exchange, () => open(call));
  return call?.live;
}

/** See `updateSession`. */
export function update(event: SessionEvent, config: StoredSessionConfig, change?: SessionUpdate): Promise<Session> {
  return write(event, config, "update", ({ stored }, session) => saveSession(stored, session, change));
}

/** See `replaceSession`. */
export function replace(event: SessionEvent, config: StoredSessionConfig, data: SessionData): Promise<Session> {
  // As it is now; the engine says what is wrong with what is no object.
  const copy = typeof data === "object" && data !== null && !Array.isArray(data) ? { ...data } : data;
  return write(event, config, "replace", ({ stored }, session) => replaceSession(stored, session, copy));
}

/** See `regenerateSession`. */
export function regenerate(
  event: SessionEvent,
  config: StoredSessionConfig,
  options: RegenerateOptions = {},
): Promise<Session> {
  return write(event, config, "regenerate", async (call, session) => {
    await requireCookie(call, "regenerate");
    return regenerateSession(call.stored, session, options);
  });
}

/** See `touchSession`. A session that nobody has stored has nothing to touch. */
export async function touch(event: SessionEvent, config: StoredSessionConfig): Promise<void> {
  const call = toStoredCall(event, config);
  if (!call) return;
  await answered(call.exchange, async () => {
    const session = await open(call);
    await touchSession(call.stored, session, { force: true });
    if (isCurrent(call, session)) show(call);
  });
}

/** See `flashSession`. Of two requests that take a value out at the same time, one gets it. */
export async function flash(
  event: SessionEvent,
  config: StoredSessionConfig,
  key: string,
  value?: unknown,
): Promise<unknown> {
  const isRead = value === undefined;
  let taken: unknown;
  const work: Work = async ({ stored }, session) => {
    if (isRead && !Object.hasOwn(session.flash, key)) return;
    await saveFlash(stored, session, (values) => {
      taken = Object.hasOwn(values, key) ? values[key] : undefined;
      if (isRead) delete values[key];
      else values[key] = value;
    });
  };
  await write(event, config, "flash", work, isRead);
  return isRead ? taken : undefined;
}

/** See `destroySession`, which `clearSession` is too: what is left in the store would be there for nobody. */
export async function destroy(event: SessionEvent, config: StoredSessionConfig): Promise<void> {
  const call = toStoredCall(event, config);
  if (call) await answered(call.exchange, () => endSession(call));
}

/** See `sealSession`: the signed id, which stands for the session as a token does. */
export async function seal(event: SessionEvent, config: StoredSessionConfig): Promise<string> {
  const call = toStoredCall(event, config);
  if (!call) return "";
  return answered(call.exchange, async () => {
    for (;;) {
      const session = await open(call);
      const kept = await unlessCleared(call, session, () => createSession(call.stored, session));
      // Cleared meanwhile: what the caller asks for is the session that the request has then.
      if (!kept) continue;
      if (isCurrent(call, kept)) show(call);
      return cookieOf(call.stored, kept);
    }
  });
}

/** See `unsealSession`. */
export async function unseal(
  event: SessionEvent | null | undefined,
  config: StoredSessionConfig,
  token: string,
): Promise<Session> {
  const stored = storedOf(config);
  const exchange = majorOf(event) && toExchange(event as SessionEvent);
  const session = await answered(exchange, () => openSession(stored, token));
  if (session.status !== "stored")
    throw ironkeepError("ERR_SEAL_INVALID", "The signed id is of no session that is there");
  const { id, createdAt, lastSeenAt, data, userId, authenticatedAt } = session;
  return { id, createdAt, lastSeenAt, data, ...(userId !== undefined && { userId, authenticatedAt }) } as Session;
}

type Work = (call: StoredCall, session: StoredSession) => Promise<StoredSession | void>;

/**
 * Opens the session, writes it, and sets the cookie where the visitor has none that is good for it. One whose session is
 * cleared meanwhile is dropped.
 */
async function write(
  event: SessionEvent,
  config: StoredSessionConfig,
  verb: Verb,
  work: Work,
  startsNone = false,
): Promise<Session> {
  const call = toStoredCall(event, config);
  if (!call) return emptySession();
  return answered(call.exchange, async () => {
    const session = await open(call);
    if (session.status === "new" && !startsNone) await requireCookie(call, verb);
    const written = await unlessCleared(call, session, () => work(call, session));
    if (!written) return emptySession();
    const view = show(call);
    await giveCookie(call, written);
    return view;
  });
}

/** What `work` made of the session, which the request then has, or `undefined` when that is no longer this request's. */
async function unlessCleared(
  call: StoredCall,
  session: StoredSession,
  work: () => Promise<StoredSession | void>,
): Promise<StoredSession | undefined> {
  const { live, exchange, stored } = call;
  const wasCleared = live.cleared;
  // On a socket another read may have taken its place, of the same session.
  const isCleared = (): boolean => (exchange.isSocket ? live.cleared && !wasCleared : !isCurrent(call, session));
  let written;
  try {
    written = (await work()) ?? session;
  } catch (error) {
    if (isIronkeepError(error) && error.code === "ERR_SESSION_NOT_FOUND") {
      while (live.ending) await settled(live.ending);
      if (isCleared()) return undefined;
      // Who goes on has no data any more of what ended elsewhere.
      show(call);
    }
    throw error;
  }
  while (live.ending) await settled(live.ending);
  // Nothing may come between this and the look: an end has to find the new session, or to be found.
  if (!isCleared()) {
    const { kept } = live;
    // Nothing that is under way for another user's session may reach the new one, so that is another object.
    if (kept && kept.session !== written) live.kept = { ...kept, session: written, view: emptySession() };
    return written;
  }
  // Nobody will have its id.
  if (written !== session) await destroySession(stored, written);
  return undefined;
}
