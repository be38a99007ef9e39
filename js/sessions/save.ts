import { writeToken } from "#engine";

import { emptyData, type SessionData, type SessionUpdate } from "../data.js";
import { ironkeepError } from "../errors.js";
import type { RecordChange, Saved } from "../store/types.js";
import { checked, seen } from "./checked.js";
import { type Current, retry } from "./conflict.js";
import { changesBetween, contentOf, dataOf, isSame, recordText, textsOf, withChanges } from "./content.js";
import { seconds, type Stored } from "./context.js";
import { createNow } from "./create.js";
import { UNKNOWN, type Unknown, untilKnown } from "./outcome.js";
import { baseOf, end, follow, inTurn, notFound, requireLive, type Seen, settle, type StoredSession } from "./state.js";
import { type Place, withPlace } from "./queue.js";
import type { CallOptions } from "./types.js";
import { unknownOutcome, Waiting } from "./waiting.js";

/** What a write does to a copy of what is there. It may run more than once, but no two of its runs are both written. */
interface Edit {
  /** Works on the copy, or gives a partial for it. */
  readonly run?: ((draft: Seen) => unknown) | undefined;
  /** Whether what was changed directly is left out, since all of it is replaced. */
  readonly replaces?: boolean | undefined;
  readonly lifetime?: RecordChange["lifetime"];
  readonly label?: string | undefined;
}

/**
 * Writes what was changed in `session.data` directly, and an update: a partial, whose keys are set whatever others wrote, or a
 * function, which runs on a copy of what is there, and again when somebody else was first. Nothing is written where nothing
 * changed. A session that is `new` is created, also without a change.
 *
 * @throws `ERR_SESSION_NOT_FOUND` when it has ended; `ERR_SESSION_CONFLICT`; `ERR_SCHEMA`; `ERR_SESSION_TOO_LARGE`; the store's
 * errors; what the function throws. `session.data` has not changed then.
 */
export async function saveSession(
  stored: Stored,
  session: StoredSession,
  update?: SessionUpdate,
  call?: CallOptions,
): Promise<void> {
  const run = typeof update === "function" ? ({ data }: Seen) => update(data) : update && (() => update);
  await write(stored, session, { run }, call);
}

/** Puts other data in the place of all that the session has. @throws as {@link saveSession}. */
export async function replaceSession(
  stored: Stored,
  session: StoredSession,
  data: SessionData,
  call?: CallOptions,
): Promise<void> {
  if (typeof data !== "object" || data === null || Array.isArray(data)) {
    throw ironkeepError("ERR_CONFIG", "replace: the data of a session has to be an object");
  }
  await write(stored, session, { run: () => data, replaces: true }, call);
}

/** Changes the values beside the data. `change` may run again. @throws as {@link saveSession}. */
export async function saveFlash(
  stored: Stored,
  session: StoredSession,
  change: (flash: SessionData) => void,
  call?: CallOptions,
): Promise<void> {
  await write(stored, session, { run: ({ flash }) => change(flash) }, call);
}

/** What {@link extendSession} changes: seconds from now, and a name. */
export interface ExtendOptions extends CallOptions {
  /** @default that of the sessions */
  readonly maxAge?: number | undefined;
  /** @default that of the sessions */
  readonly idleTimeout?: number | undefined;
  readonly label?: string | undefined;
}

/** Begins the session's life again. @throws as {@link saveSession}; `ERR_CONFIG`. */
export async function extendSession(
  stored: Stored,
  session: StoredSession,
  options: ExtendOptions = {},
): Promise<void> {
  const maxAge = seconds(options.maxAge, "maxAge") ?? stored.maxAge;
  const idle = seconds(options.idleTimeout, "idleTimeout") ?? stored.idle;
  await write(stored, session, { lifetime: { maxAge, idle }, label: options.label }, options);
}

async function write(stored: Stored, session: StoredSession, edit: Edit, call?: CallOptions): Promise<void> {
  const waiting = new Waiting(stored, call);
  await inTurn(session, waiting, async () => {
    requireLive(session);
    if (session.status === "stored") {
      return withPlace(stored.store, session.key, (place) => writeStored(stored, waiting, session, edit, place));
    }
    const from = contentOf(session.data, session.flash);
    const values = await edited(stored, copyOf(session), edit);
    // It may have been ended by a function of the app.
    requireLive(session);
    await createNow(stored, waiting, session, { label: edit.label }, { values, from, lifetime: edit.lifetime });
  });
}

async function writeStored(
  stored: Stored,
  waiting: Waiting,
  session: StoredSession,
  edit: Edit,
  place: Place,
): Promise<void> {
  const base = baseOf(session);
  const from = contentOf(session.data, session.flash);
  const direct = edit.replaces ? new Map<string, string>() : changesBetween(base.data, from.data);
  let current: Current = { content: base, version: session.version };
  for (let losses = 0; ; losses++) {
    const copy = { data: dataOf(withChanges(current.content.data, direct)), flash: flashOf(current) };
    const values = await edited(stored, copy, edit);
    requireLive(session);
    const content = contentOf(values.data, values.flash);
    const isUnchanged = isSame(content, current.content) && !edit.lifetime && edit.label === undefined;
    const done = { content, values, from };
    if (isUnchanged) return settle(session, { ...done, version: current.version });
    const change: RecordChange = { data: recordText(content), writeToken: writeToken() };
    if (edit.lifetime) change.lifetime = edit.lifetime;
    if (edit.label !== undefined) change.label = edit.label;
    const saved = await save(stored, waiting, session.key, current.version, change);
    if (saved.outcome === "not-found") throw gone(stored, session);
    if (saved.outcome === "done") {
      settle(session, { ...done, version: saved.version });
      return wasSaved(stored, session, edit, saved.expiresAt);
    }
    const there = await seen(stored, saved.record);
    const theirs: Current = { content: contentOf(there.data, there.flash), version: saved.record.version };
    const lost = {
      direct,
      mine: changesBetween(base.data, content.data),
      theirs: changesBetween(base.data, theirs.content.data),
      news: changesBetween(current.content.data, theirs.content.data),
      losses,
    };
    await retry(stored, waiting, session, lost, place);
    current = theirs;
    follow(session, saved.record);
  }
}

/** So that what is deep in the data stays as it is when nothing is written. */
function copyOf({ data, flash }: StoredSession): Seen {
  return { data: dataOf(textsOf(data)), flash: dataOf(textsOf(flash)) };
}

function flashOf({ content }: Current): SessionData {
  return Object.assign(emptyData(), content.flash ? (JSON.parse(content.flash) as object) : undefined);
}

/** The copy, changed and checked. With a schema, functions get what the schema makes of the data. */
async function edited(stored: Stored, copy: Seen, edit: Edit): Promise<Seen> {
  const { flash } = copy;
  let data = Object.assign(emptyData(), stored.schema && edit.run ? await checked(stored, copy.data) : copy.data);
  if (edit.run) {
    const partial = await edit.run({ data, flash });
    if (edit.replaces) data = emptyData();
    if (typeof partial === "object" && partial !== null) Object.assign(data, partial);
  }
  // What is written is JSON, so that is what is checked.
  return { data: stored.schema ? await checked(stored, dataOf(textsOf(data))) : data, flash };
}

function wasSaved({ events }: Stored, session: StoredSession, { lifetime, label }: Edit, expiresAt: number): void {
  const now = Date.now();
  session.expiresAt = expiresAt;
  session.lastSeenAt = Math.max(session.lastSeenAt, now);
  session.isTouched = true;
  if (label !== undefined) session.label = label;
  if (lifetime) Object.assign(session, { absoluteExpiresAt: now + lifetime.maxAge, idle: lifetime.idle });
  events.emit("updated", { id: session.id, handle: session.key, userId: session.userId });
}

/** Saves, until it is known what became of it. */
async function save(
  stored: Stored,
  waiting: Waiting,
  key: string,
  expected: number,
  change: RecordChange,
): Promise<Saved> {
  const { store } = stored;
  const look = async (): Promise<Saved | Unknown> => {
    const loaded = await waiting.ask((call) => store.load(call, key));
    if (loaded.outcome !== "found") throw unknownOutcome();
    const { writeToken: token, version, expiresAt } = loaded.record;
    if (token === change.writeToken) return { outcome: "done", version, expiresAt };
    if (version === expected) return UNKNOWN;
    throw unknownOutcome();
  };
  const { result, wasUnknown } = await untilKnown(waiting, (call) => store.save(call, key, expected, change), look);
  if (result.outcome !== "conflict") return result;
  const { writeToken: token, version, expiresAt } = result.record;
  if (token === change.writeToken) return { outcome: "done", version, expiresAt };
  // The write may have been done and then been overwritten: only of the very next version it is known whose it is.
  if (wasUnknown && version !== expected + 1) throw unknownOutcome();
  return result;
}

/** A session that was there and is not any more. */
export function gone({ events }: Stored, session: StoredSession): Error {
  end(session);
  const { id, key: handle, userId, expiresAt } = session;
  if (expiresAt <= Date.now()) events.emit("expired", { id, handle, userId });
  return notFound();
}
