import { emptyData, type SessionData } from "../data.js";
import { ironkeepError } from "../errors.js";
import type { StoredRecord } from "../store/types.js";
import { type Content, contentOf, NO_CONTENT, readRecord, settleData } from "./content.js";
import type { Waiting } from "./waiting.js";

/**
 * A stored session as one request has it.
 *
 * - `new`: nobody has stored it. The first write does. Its id is empty until then.
 * - `stored`: the store had it when it was read, or written.
 * - `ended`: it ended not long ago. Every write of it is `ERR_SESSION_NOT_FOUND`, and gives no cookie.
 */
export interface StoredSession {
  status: "ended" | "new" | "stored";
  /** base64url of the id, without a MAC: no credential. Empty while `new`. */
  id: string;
  /** What the store has it under. It is the session's handle in lists. */
  key: string;
  /** The object stays the same one as long as the session does. It may be changed directly; the next `save` writes that. */
  readonly data: SessionData;
  /** Values beside the data, which are read once. Changed by `saveFlash` alone. */
  flash: SessionData;
  userId: string | undefined;
  label: string | undefined;
  /** Milliseconds since the epoch, all of them. */
  createdAt: number;
  lastSeenAt: number;
  authenticatedAt: number | undefined;
  expiresAt: number;
  absoluteExpiresAt: number;
  /** Whether the cookie has to be set anew for the same id: it is of an older key, or of an imported session. */
  needsCookie: boolean;
  /** @internal The version that was read or written last. */
  version: number;
  /** @internal What that version holds, as the schema made it; as it was read, where nobody has asked for it yet. */
  base: Content | string;
  /** @internal The idle time that the record has, in milliseconds. */
  idle: number | undefined;
  /** @internal The write that is under way; others of this object wait for it. */
  turn: Turn | undefined;
  /** @internal Whether the write that is under way gives it a new id. */
  isMoving: boolean;
  /** @internal Whether it was touched by this object. */
  isTouched: boolean;
}

/** A session that nobody has stored. */
export function newSession(): StoredSession {
  return {
    status: "new",
    id: "",
    key: "",
    data: emptyData(),
    flash: emptyData(),
    userId: undefined,
    label: undefined,
    createdAt: 0,
    lastSeenAt: 0,
    authenticatedAt: undefined,
    expiresAt: 0,
    absoluteExpiresAt: 0,
    needsCookie: false,
    version: 0,
    base: NO_CONTENT,
    idle: undefined,
    turn: undefined,
    isMoving: false,
    isTouched: false,
  };
}

/** A session that ended not long ago. */
export function endedSession(): StoredSession {
  return { ...newSession(), status: "ended" };
}

/** What a record holds, read and checked. */
export interface Seen {
  readonly data: SessionData;
  readonly flash: SessionData;
}

/** A session that the store has. `isChecked`: a schema made something of what it holds. */
export function sessionOf(
  id: string,
  key: string,
  record: StoredRecord,
  seen: Seen,
  isChecked: boolean,
): StoredSession {
  return {
    ...newSession(),
    status: "stored",
    id,
    key,
    data: seen.data,
    flash: seen.flash,
    userId: record.userId,
    label: record.label,
    createdAt: record.createdAt,
    lastSeenAt: record.lastSeenAt,
    authenticatedAt: record.authenticatedAt,
    expiresAt: record.expiresAt,
    absoluteExpiresAt: record.absoluteExpiresAt,
    version: record.version,
    // Most requests write nothing, and need no texts.
    base: isChecked ? contentOf(seen.data, seen.flash) : record.data,
    idle: record.idle,
  };
}

/** What the session held when it was read or written. */
export function baseOf(session: StoredSession): Content {
  if (typeof session.base === "string") {
    const { data, flash } = readRecord(session.base);
    session.base = contentOf(data, flash);
  }
  return session.base;
}

/** What a write made of a session. */
export interface Written {
  readonly version: number;
  readonly content: Content;
  /** The values of the content. */
  readonly values: Seen;
  /** What the session's data was when the write began. */
  readonly from: Content;
}

/** Takes over what a write made. */
export function settle(session: StoredSession, { version, content, values, from }: Written): void {
  settleData(session.data, from.data, content.data, values.data);
  session.flash = values.flash;
  session.base = content;
  session.version = version;
}

/** Takes over what others made of the session's life and name, for a write that is made again on their version. */
export function follow(session: StoredSession, record: StoredRecord): void {
  const { label, idle, lastSeenAt, expiresAt, absoluteExpiresAt } = record;
  Object.assign(session, { label, idle, lastSeenAt, expiresAt, absoluteExpiresAt });
}

/** Runs what gives the session a new id. For who has the turn. */
export async function moving<T>(session: StoredSession, work: () => Promise<T>): Promise<T> {
  session.isMoving = true;
  try {
    return await work();
  } finally {
    session.isMoving = false;
  }
}

/** Ends a session here: what is still under way for it finds nothing. */
export function end(session: StoredSession): void {
  session.status = "ended";
}

/** @throws `ERR_SESSION_NOT_FOUND` for a session that ended. */
export function requireLive(session: StoredSession): void {
  if (session.status === "ended") throw notFound();
}

export function notFound(): Error {
  return ironkeepError("ERR_SESSION_NOT_FOUND", "The session has ended, so nothing was written: sign in again");
}

/** A write of a session object that is under way. */
export interface Turn {
  readonly waiting: Waiting;
  /** Settles when it has ended, and never fails. */
  readonly over: Promise<void>;
}

/**
 * Runs `work` when no other write of this session object is under way: each sees what the one before left.
 *
 * @throws as {@link Waiting.behind}.
 */
export async function inTurn<T>(session: StoredSession, waiting: Waiting, work: () => Promise<T>): Promise<T> {
  while (session.turn) await waiting.behind(session.turn);
  let tell: (() => void) | undefined;
  const over = new Promise<void>((resolve) => (tell = resolve));
  session.turn = { waiting, over };
  try {
    return await work();
  } finally {
    session.turn = undefined;
    tell?.();
  }
}
