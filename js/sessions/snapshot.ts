import type { SessionData, SessionDataT } from "../data.js";
import type { StoredSession } from "./state.js";

/** A session as it was when it was read or written. What is changed in it is written nowhere: use `update`. */
export interface SessionSnapshot<T extends SessionDataT = SessionDataT> {
  /** Names the session to these functions. It is no credential: a cookie needs a MAC too. */
  readonly id: string;
  /** Names it in the lists of its user. */
  readonly handle: string;
  readonly data: SessionData<T>;
  readonly userId: string | undefined;
  readonly label: string | undefined;
  /** Milliseconds since the epoch, all of them. */
  readonly createdAt: number;
  readonly lastSeenAt: number;
  /** When the user signed in. */
  readonly authenticatedAt: number | undefined;
  /** The session's end, if nobody writes or touches it before. */
  readonly expiresAt: number;
}

/** `undefined` for a session that is not there. */
export function snapshotOf<T extends SessionDataT>(session: StoredSession): SessionSnapshot<T> | undefined {
  return session.status === "stored" ? liveSnapshot<T>(session) : undefined;
}

export function liveSnapshot<T extends SessionDataT>(session: StoredSession): SessionSnapshot<T> {
  const { id, key: handle, data, userId, label, createdAt, lastSeenAt, authenticatedAt, expiresAt } = session;
  return { id, handle, data: data as SessionData<T>, userId, label, createdAt, lastSeenAt, authenticatedAt, expiresAt };
}
