import { emptyData } from "../data.js";
import type { Call } from "./call.js";
import { isSame, validated } from "../schema.js";
import type { Session, SessionData, SessionUpdate } from "./types.js";
import { inTurn, putInPlace } from "./updates.js";

/**
 * Applies an update to data that has a schema: what comes of it is validated first, and when it is refused the data stays as
 * it was. Functions work on a copy, and run one after the other.
 *
 * @throws `ERR_SCHEMA`, and as {@link apply} of updates.
 */
export async function applyChecked(call: Call, session: Session, update: SessionUpdate | undefined): Promise<void> {
  if (typeof update !== "function") return commit(call, session, (data) => void Object.assign(data, update));
  return inTurn(call.live, session, async () => {
    const draft = copyOf(session.data);
    const before = textsOf(draft);
    const partial = await update(draft);
    const changed = changesOf(before, draft);
    return commit(call, session, (data) => {
      for (const key of changed.removed) delete data[key];
      Object.assign(data, changed.set, partial);
    });
  });
}

/**
 * Validates what a change would make of the data, and makes it. Another change that gets through while the schema waits is
 * not lost: then the change is made and validated anew.
 */
export async function commit(call: Call, session: Session, change: (data: SessionData) => void): Promise<void> {
  const { live, config, name } = call;
  while (config.schema && live.session === session) {
    const base = Object.assign(emptyData(), session.data);
    const candidate = Object.assign(emptyData(), base);
    change(candidate);
    const output = validated(config.schema, candidate, name);
    const data = output instanceof Promise ? await output : output;
    if (live.session !== session) return;
    if (!isSame(base, session.data)) continue;
    putInPlace(session.data, data);
    return;
  }
}

/** What is deep in the data may be changed in place, and then refused. What cannot be copied, such as a function, is shared. */
function copyOf(data: SessionData): SessionData {
  const copy = emptyData();
  for (const [key, value] of Object.entries(data)) {
    try {
      copy[key] = structuredClone(value);
    } catch {
      copy[key] = value;
    }
  }
  return copy;
}

/** Values as they would be sealed: the copy is of other objects, so that only their texts can be compared. */
function textsOf(data: SessionData): Map<string, string | undefined> {
  return new Map(Object.entries(data).map(([key, value]) => [key, JSON.stringify(value) as string | undefined]));
}

function changesOf(
  before: Map<string, string | undefined>,
  draft: SessionData,
): { set: SessionData; removed: string[] } {
  const after = textsOf(draft);
  const set = emptyData();
  for (const [key, text] of after) {
    if (!before.has(key) || before.get(key) !== text) set[key] = draft[key];
  }
  return { set, removed: [...before.keys()].filter((key) => !after.has(key)) };
}

/** Checks data that may have been changed directly, before it is sealed by something else than an update. */
export function checkCurrent(call: Call, session: Session): void | Promise<void> {
  return call.config.schema ? commit(call, session, () => undefined) : undefined;
}
