import { newSessionId, storeKey, writeToken } from "#engine";

import { ironkeepError } from "../errors.js";
import type { Created, NewRecord, SessionCap, StoredLifetime } from "../store/types.js";
import { checked } from "./checked.js";
import { type Content, contentOf, dataOf, recordText } from "./content.js";
import { isUser, requireClauses, type Stored } from "./context.js";
import { mustRepeat, UNKNOWN, type Unknown, untilKnown } from "./outcome.js";
import { inTurn, moving, requireLive, type Seen, settle, type StoredSession } from "./state.js";
import type { BeginOptions } from "./types.js";
import { unknownOutcome, Waiting } from "./waiting.js";

/**
 * Stores a session that is `new`, with the data that it has, and gives it its id. One that is stored stays as it is.
 *
 * @throws `ERR_SESSION_LIMIT`, `ERR_SESSION_REVOKED`, `ERR_SESSION_TOO_LARGE`, `ERR_SCHEMA`, `ERR_CONFIG`, and the store's errors.
 */
export async function createSession(stored: Stored, session: StoredSession, options: BeginOptions = {}): Promise<void> {
  checkBegin(stored, options);
  const waiting = new Waiting(stored, options);
  await inTurn(session, waiting, async () => {
    requireLive(session);
    if (session.status === "new") await createNow(stored, waiting, session, options);
  });
}

/** What is stored in the place of the session's own data, and what that was when it was made; and for how long, if not as long as all. */
interface Instead {
  readonly values: Seen;
  readonly from: Content;
  readonly lifetime?: StoredLifetime | undefined;
}

/** As {@link createSession}, for who has the turn. */
export async function createNow(
  stored: Stored,
  waiting: Waiting,
  session: StoredSession,
  options: BeginOptions,
  instead?: Instead,
): Promise<void> {
  await moving(session, () => begin(stored, waiting, session, options, instead));
}

async function begin(
  stored: Stored,
  waiting: Waiting,
  session: StoredSession,
  options: BeginOptions,
  instead?: Instead,
): Promise<void> {
  const from = instead?.from ?? contentOf(session.data, session.flash);
  // What is written is JSON, so that is what is checked; what is stored instead was checked already.
  const data = instead?.values.data ?? (await checked(stored, dataOf(from.data)));
  const flash = instead?.values.flash ?? session.flash;
  const content = contentOf(data, flash);
  const { userId, label, cap } = options;
  const id = newSessionId(userId ?? "");
  const key = storeKey(id) as string;
  const made = { content, userId, label, cap, authenticated: userId === undefined ? undefined : 0, age: 0 };
  const record = newRecord(stored, { ...made, lifetime: instead?.lifetime });
  const created = await create(stored, waiting, key, record);
  const expiresAt = doneOr(created).expiresAt;
  settle(session, { version: 1, content, values: { data, flash }, from });
  identify(session, { id, key, record, expiresAt });
  tellEvicted(stored, created, userId);
  stored.events.emit("created", { id, handle: key, userId, imported: false });
}

/** What goes into a record, beside what every record has. */
export interface Birth {
  readonly content: Content;
  readonly userId: string | undefined;
  readonly label: string | undefined;
  readonly cap?: SessionCap | undefined;
  readonly authenticated: number | undefined;
  readonly age: number;
  /** What is left of the session's life. @default a whole one */
  readonly lifetime?: StoredLifetime | undefined;
  readonly import?: string | undefined;
}

/** A record, with a write token of its own. */
export function newRecord(stored: Stored, birth: Birth): NewRecord {
  const { content, userId, label, cap, authenticated, age, lifetime } = birth;
  return {
    data: recordText(content),
    writeToken: writeToken(),
    userId,
    authenticated,
    age,
    lifetime: lifetime ?? { maxAge: stored.maxAge, idle: stored.idle },
    label,
    cap: cap && { ...cap, tombstone: stored.tombstone },
    import: birth.import,
  };
}

/** Takes over who a session is now. The store's clock says when it began, by when it ends. */
export function identify(
  session: StoredSession,
  made: { id: string; key: string; record: NewRecord; expiresAt: number },
): void {
  const { id, key, record, expiresAt } = made;
  const { userId, authenticated, age, lifetime, label } = record;
  const now = expiresAt - Math.min(lifetime.maxAge, lifetime.idle ?? lifetime.maxAge);
  Object.assign(session, { status: "stored", id, key, userId, label, expiresAt, needsCookie: true, isTouched: true });
  session.authenticatedAt = authenticated === undefined ? undefined : now - authenticated;
  session.createdAt = now - age;
  session.lastSeenAt = now;
  session.absoluteExpiresAt = now + lifetime.maxAge;
  session.idle = lifetime.idle;
}

/** Creates, until it is known what became of it. An import may meet the record of another; a new id cannot. */
export async function create(stored: Stored, waiting: Waiting, key: string, record: NewRecord): Promise<Created> {
  const { store } = stored;
  const look = async (): Promise<Created | Unknown> => {
    const loaded = await waiting.ask((call) => store.load(call, key));
    if (loaded.outcome === "absent") return UNKNOWN;
    if (loaded.outcome !== "found") throw unknownOutcome();
    const { writeToken: token, expiresAt } = loaded.record;
    if (token === record.writeToken) return { outcome: "done", expiresAt, evicted: [] };
    if (record.import === undefined) throw unknownOutcome();
    return { outcome: "exists", writeToken: token };
  };
  const { result, wasUnknown } = await untilKnown(waiting, (call) => store.create(call, key, record), look);
  // Of a write that was repeated: the first of the two was done after all.
  if (result.outcome === "exists" && result.writeToken === record.writeToken) return mustRepeat(look);
  if (result.outcome === "ended" && wasUnknown && record.import === undefined) throw unknownOutcome();
  return result;
}

/** @throws what it means that a record was not created. */
export function doneOr(created: Created): Extract<Created, { outcome: "done" }> {
  switch (created.outcome) {
    case "done":
      return created;
    case "full":
      throw ironkeepError(
        "ERR_SESSION_LIMIT",
        "The user has as many sessions as the cap allows: end one of them first",
      );
    case "revoked":
      throw ironkeepError(
        "ERR_SESSION_REVOKED",
        "The user's sessions were revoked after this sign-in: ask the user to sign in again",
      );
    default:
      throw ironkeepError("ERR_SESSION_EXISTS", "A new session met an id that is taken: try again");
  }
}

/** Sessions that a cap ended. */
export function tellEvicted({ events }: Stored, created: Created, userId: string | undefined): void {
  if (created.outcome !== "done") return;
  for (const handle of created.evicted) events.emit("destroyed", { handle, userId });
}

/** @throws `ERR_CONFIG` for options that cannot work, or that the store cannot keep. */
export function checkBegin({ store }: Stored, { userId, label, cap }: BeginOptions): void {
  if (userId !== undefined && !isUser(userId)) {
    throw ironkeepError(
      "ERR_CONFIG",
      "userId: has to be a text that is not empty, without lone surrogates; leave it out to sign nobody in",
    );
  }
  if (label !== undefined && typeof label !== "string") throw ironkeepError("ERR_CONFIG", "label: has to be a text");
  if (cap === undefined) return;
  if (userId === undefined)
    throw ironkeepError("ERR_CONFIG", "cap: needs a userId, since it counts the user's sessions");
  const isCap = Number.isInteger(cap.max) && cap.max >= 1 && ["evict-oldest", "refuse"].includes(cap.onFull);
  if (!isCap)
    throw ironkeepError("ERR_CONFIG", 'cap: has to be { max, onFull: "evict-oldest" | "refuse" }, max at least 1');
  requireClauses(store, "cap", ["S10", "S13"]);
}
