import { newSessionId, storeKey } from "#engine";

import { emptyData } from "../data.js";
import type { NewRecord, Regenerated } from "../store/types.js";
import { checked, seen } from "./checked.js";
import { type Current, retry } from "./conflict.js";
import { changesBetween, contentOf, dataOf, withChanges } from "./content.js";
import type { Stored } from "./context.js";
import { checkBegin, createNow, doneOr, identify, newRecord, tellEvicted } from "./create.js";
import { UNKNOWN, type Unknown, untilKnown } from "./outcome.js";
import { gone } from "./save.js";
import {
  baseOf,
  end,
  follow,
  inTurn,
  moving,
  newSession,
  requireLive,
  type Seen,
  settle,
  type StoredSession,
} from "./state.js";
import { type Place, withPlace } from "./queue.js";
import type { BeginOptions } from "./types.js";
import { unknownOutcome, Waiting } from "./waiting.js";

/**
 * Gives the session a new id, and ends the old one. Its data, what was changed directly included, its idle time and the end of its life stay.
 *
 * With `userId` it signs that user in: `createdAt` and `authenticatedAt` are now, and a whole life begins. A session of another
 * user leaves nothing to the new one.
 *
 * @returns the session: the same object, but for another user a new one. What is under way for the old one is then dropped.
 * @throws `ERR_SESSION_NOT_FOUND`, `ERR_SESSION_LIMIT`, `ERR_SESSION_REVOKED`, `ERR_SESSION_CONFLICT`, `ERR_SCHEMA`, and the
 * store's errors. The session is as it was then; after `ERR_STORE_UNAVAILABLE` nobody knows.
 */
export async function regenerateSession(
  stored: Stored,
  session: StoredSession,
  options: BeginOptions = {},
): Promise<StoredSession> {
  checkBegin(stored, options);
  const waiting = new Waiting(stored, options);
  return inTurn(session, waiting, async () => {
    requireLive(session);
    if (session.status === "new") {
      await createNow(stored, waiting, session, options);
      return session;
    }
    const isOthers = options.userId !== undefined && session.userId !== undefined && session.userId !== options.userId;
    const target = isOthers ? newSession() : session;
    await moving(session, () =>
      withPlace(stored.store, session.key, (place) => move(stored, waiting, session, target, options, place)),
    );
    if (isOthers) end(session);
    return target;
  });
}

async function move(
  stored: Stored,
  waiting: Waiting,
  session: StoredSession,
  target: StoredSession,
  options: BeginOptions,
  place: Place,
): Promise<void> {
  const base = baseOf(session);
  const previous = session.key;
  const isOthers = target !== session;
  const from = contentOf(session.data, session.flash);
  const direct = isOthers ? new Map<string, string>() : changesBetween(base.data, from.data);
  let current: Current = { content: base, version: session.version };
  for (let losses = 0; ; losses++) {
    const values = await carried(stored, current, direct, isOthers);
    const content = contentOf(values.data, values.flash);
    const label = options.label ?? (isOthers ? undefined : session.label);
    const record = recordOf(stored, session, { ...options, label }, content);
    const id = newSessionId(record.userId ?? "");
    const key = storeKey(id) as string;
    const moved = await regenerate(stored, waiting, { from: previous, expected: current.version, to: key, record });
    if (moved.outcome === "not-found") throw gone(stored, session);
    if (moved.outcome !== "conflict") {
      const { expiresAt } = doneOr(moved);
      settle(target, { version: 1, content, values, from: isOthers ? contentOf(target.data, target.flash) : from });
      identify(target, { id, key, record, expiresAt });
      tellEvicted(stored, moved, record.userId);
      return stored.events.emit("regenerated", { id, handle: key, userId: record.userId, previous });
    }
    const there = await seen(stored, moved.record);
    const theirs: Current = { content: contentOf(there.data, there.flash), version: moved.record.version };
    const lost = {
      direct,
      mine: direct,
      theirs: changesBetween(base.data, theirs.content.data),
      news: changesBetween(current.content.data, theirs.content.data),
      losses,
    };
    await retry(stored, waiting, session, lost, place);
    current = theirs;
    follow(session, moved.record);
  }
}

/** What goes along. */
async function carried(
  stored: Stored,
  { content }: Current,
  direct: ReadonlyMap<string, string | undefined>,
  isOthers: boolean,
): Promise<Seen> {
  if (isOthers) return { data: await checked(stored, emptyData()), flash: emptyData() };
  const flash = content.flash ? (JSON.parse(content.flash) as object) : undefined;
  const data = await checked(stored, dataOf(withChanges(content.data, direct)));
  return { data, flash: Object.assign(emptyData(), flash) };
}

function recordOf(
  stored: Stored,
  session: StoredSession,
  options: BeginOptions,
  content: Current["content"],
): NewRecord {
  const { userId, cap, label } = options;
  if (userId !== undefined) return newRecord(stored, { content, userId, label, cap, authenticated: 0, age: 0 });
  const { authenticatedAt } = session;
  const now = Date.now();
  const maxAge = session.absoluteExpiresAt - now;
  // It ends between here and the store.
  if (maxAge <= 0) throw gone(stored, session);
  return newRecord(stored, {
    content,
    userId: session.userId,
    label,
    cap,
    authenticated: authenticatedAt === undefined ? undefined : Math.max(0, now - authenticatedAt),
    age: Math.max(0, now - session.createdAt),
    lifetime: { maxAge, idle: session.idle },
  });
}

interface Move {
  readonly from: string;
  readonly expected: number;
  readonly to: string;
  readonly record: NewRecord;
}

/** Regenerates, until it is known what became of it. */
async function regenerate(stored: Stored, waiting: Waiting, wanted: Move): Promise<Regenerated> {
  const { store, tombstone } = stored;
  const { from, expected, to, record } = wanted;
  const isThere = async (): Promise<Regenerated | Unknown> => {
    const loaded = await waiting.ask((call) => store.load(call, to));
    const isMine = loaded.outcome === "found" && loaded.record.writeToken === record.writeToken;
    return isMine ? { outcome: "done", expiresAt: loaded.record.expiresAt, evicted: [] } : UNKNOWN;
  };
  const look = async (): Promise<Regenerated | Unknown> => {
    const there = await isThere();
    if (there !== UNKNOWN) return there;
    const loaded = await waiting.ask((call) => store.load(call, from));
    if (loaded.outcome === "found" && loaded.record.version === expected) return UNKNOWN;
    throw unknownOutcome();
  };
  const { result, wasUnknown } = await untilKnown(
    waiting,
    (call) => store.regenerate(call, from, expected, to, record, tombstone),
    look,
  );
  // Of two that were sent, the first was done: the second finds the old session gone, or the new one there.
  const isOver = result.outcome === "not-found" || result.outcome === "exists" || result.outcome === "ended";
  if (!wasUnknown || !isOver) return result;
  const there = await isThere();
  if (there === UNKNOWN) throw unknownOutcome();
  return there;
}
