import { emptyData, type SessionData } from "../data.js";
import { ironkeepError } from "../errors.js";

/** Data by keys, as the JSON of each value: what is deep inside may be changed in place, so only texts can be compared. */
export type Texts = ReadonlyMap<string, string>;

/** What a record holds, as texts. */
export interface Content {
  readonly data: Texts;
  /** JSON, or empty where there is none. */
  readonly flash: string;
}

/** The content of a session without anything. */
export const NO_CONTENT: Content = { data: new Map(), flash: "" };

/** Keys that differ, with what they are now; `undefined` for one that is gone. */
export type Changes = ReadonlyMap<string, string | undefined>;

/**
 * The values of data as JSON. What JSON has no form for, such as `undefined` and functions, is left out.
 *
 * @throws `ERR_CONFIG` for what JSON refuses. Its own message quotes keys.
 */
export function textsOf(data: SessionData): Texts {
  const texts = new Map<string, string>();
  try {
    for (const key of Object.keys(data)) {
      const text = JSON.stringify(data[key]) as string | undefined;
      if (text !== undefined) texts.set(key, text);
    }
  } catch {
    throw ironkeepError(
      "ERR_CONFIG",
      "The data of a session has to be what JSON can hold: without cycles and big integers",
    );
  }
  return texts;
}

/** The content of a session as it is now. */
export function contentOf(data: SessionData, flash: SessionData): Content {
  const kept = textsOf(flash);
  return { data: textsOf(data), flash: kept.size > 0 ? jsonOf(kept) : "" };
}

/** The text that a store keeps: `{"data":{…}}`, with `"flash":{…}` where there is any. */
export function recordText(content: Content): string {
  const flash = content.flash ? `,"flash":${content.flash}` : "";
  return `{"data":${jsonOf(content.data)}${flash}}`;
}

function jsonOf(texts: Texts): string {
  const members: string[] = [];
  for (const [key, text] of texts) members.push(`${JSON.stringify(key)}:${text}`);
  return `{${members.join(",")}}`;
}

/**
 * Reads what {@link recordText} wrote. Own keys alone: `__proto__` is one like any other.
 *
 * @throws `ERR_STORE_CORRUPT`; the parser's own message quotes data.
 */
export function readRecord(text: string): { data: SessionData; flash: SessionData } {
  const record = parsed(text);
  if (!isObject(record?.data) || (record.flash !== undefined && !isObject(record.flash))) {
    throw ironkeepError("ERR_STORE_CORRUPT", "The store holds a session whose data cannot be read");
  }
  return { data: Object.assign(emptyData(), record.data), flash: Object.assign(emptyData(), record.flash) };
}

function parsed(text: string): { data?: unknown; flash?: unknown } | null {
  try {
    return JSON.parse(text) as { data?: unknown } | null;
  } catch {
    return null;
  }
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Data that is a copy, down to its leaves. */
export function dataOf(texts: Texts): SessionData {
  const data = emptyData();
  for (const [key, text] of texts) data[key] = JSON.parse(text) as unknown;
  return data;
}

/** What has to be done to `from`, so that it becomes `to`. */
export function changesBetween(from: Texts, to: Texts): Changes {
  const changes = new Map<string, string | undefined>();
  for (const [key, text] of to) if (from.get(key) !== text) changes.set(key, text);
  for (const key of from.keys()) if (!to.has(key)) changes.set(key, undefined);
  return changes;
}

/** `texts` with the changes made. */
export function withChanges(texts: Texts, changes: Changes): Texts {
  if (changes.size === 0) return texts;
  const changed = new Map(texts);
  for (const [key, text] of changes) {
    if (text === undefined) changed.delete(key);
    else changed.set(key, text);
  }
  return changed;
}

/** Keys that both change. To the same too: two that each add one to what they read make the same of it, and one is lost. */
export function changedByBoth(mine: Changes, theirs: Changes): string[] {
  return [...mine.keys()].filter((key) => theirs.has(key));
}

export function isSame(a: Content, b: Content): boolean {
  return a.flash === b.flash && a.data.size === b.data.size && changesBetween(a.data, b.data).size === 0;
}

/**
 * Makes the data what was written, key by key, so that values which did not change stay the objects that they are. What was
 * changed directly since `seen` stays too: the next write is of that.
 */
export function settleData(data: SessionData, seen: Texts, written: Texts, values: SessionData): void {
  const current = textsOf(data);
  const later = changesBetween(seen, current);
  for (const [key, text] of changesBetween(current, written)) {
    if (later.has(key)) continue;
    if (text === undefined) Reflect.deleteProperty(data, key);
    else data[key] = values[key];
  }
}
