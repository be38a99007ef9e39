/**
 * The helpers on sessions that are kept in a store: the same verbs as those of sealed sessions, over the engine of
 * `ironkeep/sessions`. A session that nobody has stored has no id, and no cookie: the first write stores it.
 */
import { ironkeepError } from "../../errors.js";
import {
  cookieOf,
  createSession,
  destroySession,
  endSealed,
  openSession,
  regenerateSession,
  replaceSession,
  saveFlash,
  saveSession,
  type StoredSession,
  touchSession,
} from "../../sessions/engine.js";
import { toExchange } from "../_h3.js";
import type { Verb } from "../call.js";
import { emptySession, type Live, mirror } from "../state.js";
import type {
  RegenerateOptions,
  Session,
  SessionData,
  SessionEvent,
  SessionUpdate,
  StoredSessionConfig,
} from "../types.js";
import { isCurrent, requireResponse, type StoredCall, storedOf, toStoredCall } from "./call.js";
import { giveCookie, takeCookie } from "./cookie.js";
import { answered } from "./failure.js";
import { open, show } from "./opening.js";

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
  return write(event, config, "replace", ({ stored }, session) => replaceSession(stored, session, data));
}

/** See `regenerateSession`. */
export function regenerate(
  event: SessionEvent,
  config: StoredSessionConfig,
  options: RegenerateOptions = {},
): Promise<Session> {
  return write(event, config, "regenerate", (call, session) => {
    requireResponse(call, "regenerate");
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
  await write(
    event,
    config,
    "flash",
    async ({ stored }, session) => {
      if (isRead && !Object.hasOwn(session.flash, key)) return;
      await saveFlash(stored, session, (values) => {
        taken = Object.hasOwn(values, key) ? values[key] : undefined;
        if (isRead) delete values[key];
        else values[key] = value;
      });
    },
    isRead,
  );
  return isRead ? taken : undefined;
}

/** See `destroySession`, which `clearSession` is too: what is left in the store would be there for nobody. */
export async function destroy(event: SessionEvent, config: StoredSessionConfig): Promise<void> {
  const call = toStoredCall(event, config);
  if (!call) return;
  const { exchange, live, name, stored } = call;
  await answered(exchange, async () => {
    const session = await open(call);
    const importedFrom = live.kept?.seal;
    await destroySession(stored, session);
    if (importedFrom) await endSealed(stored, importedFrom);
    Object.assign(live, { session: undefined, kept: undefined, opening: undefined, cleared: true });
    mirror(exchange, name, undefined);
    takeCookie(call);
  });
}

/** See `sealSession`: the signed id, which stands for the session as a token does. */
export async function seal(event: SessionEvent, config: StoredSessionConfig): Promise<string> {
  const call = toStoredCall(event, config);
  if (!call) return "";
  return answered(call.exchange, async () => {
    const session = await open(call);
    await createSession(call.stored, session);
    if (isCurrent(call, session)) show(call);
    return cookieOf(call.stored, session);
  });
}

/** See `unsealSession`. */
export async function unseal(
  event: SessionEvent | null | undefined,
  config: StoredSessionConfig,
  token: string,
): Promise<Session> {
  const stored = storedOf(config);
  const session = await answered(event ? toExchange(event) : undefined, () => openSession(stored, token));
  if (session.status !== "stored")
    throw ironkeepError("ERR_SEAL_INVALID", "The signed id is of no session that is there");
  const { id, createdAt, lastSeenAt, data, userId, authenticatedAt } = session;
  return { id, createdAt, lastSeenAt, data, ...(userId !== undefined && { userId, authenticatedAt }) } as Session;
}

type Work = (call: StoredCall, session: StoredSession) => Promise<StoredSession | void>;

/** Opens the session, writes it, and sets the cookie where the visitor has none that is good for it. */
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
    if (session.status === "new" && !startsNone) requireResponse(call, verb);
    const written = (await work(call, session)) ?? session;
    const { kept } = call.live;
    // Cleared meanwhile: the engine has dropped the write, or ended what it made.
    if (!kept || kept.session !== session) return emptySession();
    // Nothing that is under way for another user's session may reach the new one, so that is another object.
    if (written !== session) call.live.kept = { session: written, view: emptySession() };
    const view = show(call);
    await giveCookie(call, written);
    return view;
  });
}
