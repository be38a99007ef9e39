import { ironkeepError } from "../errors.js";
import { type Call, toWritingCall } from "./call.js";
import { checkCurrent } from "./checked-updates.js";
import { begin, newId, open } from "./opening.js";
import type { StandardSchemaV1 } from "../standard-schema.js";
import { emptySession, mirror } from "./state.js";
import * as stored from "./stored/index.js";
import type { DataOf, RegenerateOptions, Session, SessionConfigWith, SessionData, SessionEvent } from "./types.js";
import { write } from "./writing.js";

/**
 * Gives the session a new id, so that nobody who knew the old one has what comes of it, and sets the cookie. The data, and
 * `createdAt` with it, stay: a new id alone does not prolong `maxAge`.
 *
 * With `userId` it signs that user in: `authenticatedAt` and `createdAt` are now. A session of another user leaves nothing to
 * the new one. When the cookie cannot be set, the session is as it was.
 *
 * @throws `ERR_CONFIG` for a `userId` that is no text or empty, and for `label` and `cap` without a store; with one,
 * `ERR_SESSION_LIMIT` and `ERR_SESSION_REVOKED`; otherwise as `updateSession`.
 */
export async function regenerateSession<
  T extends SessionData = SessionData,
  S extends StandardSchemaV1 | undefined = StandardSchemaV1 | undefined,
>(event: SessionEvent, config: SessionConfigWith<S>, options?: RegenerateOptions): Promise<Session<DataOf<T, S>>> {
  const userId = userOf(options);
  if (stored.isStored(config)) return stored.regenerate(event, config, options) as Promise<Session<DataOf<T, S>>>;
  requireNoStore(options);
  const call = toWritingCall(event, config, "regenerate");
  if (!call) return emptySession() as Session<DataOf<T, S>>;
  let session = await open(call);
  const isOthers = userId !== undefined && typeof session.userId === "string" && session.userId !== userId;
  if (!isOthers) await checkCurrent(call, session);
  if (call.live.session !== session) return session as Session<DataOf<T, S>>;
  if (isOthers) session = await beginOther(call, session, userId);
  else await changeId(call, session, userId);
  return session as Session<DataOf<T, S>>;
}

/** A key without a user is a user that was not found, and must not pass for a regeneration without one. */
function userOf(options: RegenerateOptions | undefined): string | undefined {
  if (options === undefined) return undefined;
  const isObject = typeof options === "object" && options !== null;
  if (isObject && !("userId" in options)) return undefined;
  const userId: unknown = isObject ? options.userId : undefined;
  if (typeof userId === "string" && userId !== "") return userId;
  throw ironkeepError(
    "ERR_CONFIG",
    "regenerate: `userId` has to be a text that is not empty; leave it out to sign nobody in",
  );
}

/** @throws `ERR_CONFIG` for what a sealed session has no place for: who relied on a cap would have none. */
function requireNoStore({ label, cap }: RegenerateOptions = {}): void {
  const option = (cap !== undefined && "cap") || (label !== undefined && "label");
  if (option)
    throw ironkeepError("ERR_CONFIG", `regenerate: \`${option}\` is for sessions that are kept in a \`store\``);
}

async function changeId(call: Call, session: Session, userId: string | undefined): Promise<void> {
  const { id, createdAt, userId: user, authenticatedAt } = session;
  const fresh = newId(call.config);
  checkOther(fresh, id);
  session.id = fresh;
  if (userId !== undefined) signIn(session, userId);
  await writeOr(call, session, () => {
    if (session.id === fresh) Object.assign(session, { id, createdAt, userId: user, authenticatedAt });
  });
}

/** Nothing that is under way for the other user's session may reach the new one, so that is another object. */
async function beginOther(call: Call, old: Session, userId: string): Promise<Session> {
  const { live, exchange, name } = call;
  const session = emptySession();
  live.session = session;
  mirror(exchange, name, session);
  const undo = (): void => {
    if (live.session !== session) return;
    live.session = old;
    live.isNew = false;
    mirror(exchange, name, old);
  };
  try {
    await begin(call, session);
    checkOther(session.id, old.id);
  } catch (error) {
    undo();
    throw error;
  }
  if (live.session !== session) return session;
  signIn(session, userId);
  await writeOr(call, session, undo);
  return session;
}

function signIn(session: Session, userId: string): void {
  const now = Date.now();
  Object.assign(session, { createdAt: now, userId, authenticatedAt: now });
}

/** Writes, or undoes what was done to the session, unless a later cookie shows it already. */
async function writeOr(call: Call, session: Session, undo: () => void): Promise<void> {
  const { live } = call;
  const { sent } = live;
  try {
    await write(call);
  } catch (error) {
    if (live.session === session && live.sent === sent) undo();
    throw error;
  }
}

function checkOther(id: string, former: string): void {
  if (id !== former) return;
  throw ironkeepError(
    "ERR_CONFIG",
    "regenerate: generateId gave the id that the session has, and it has to give a new one",
  );
}
