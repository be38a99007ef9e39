import { OUTCOMES } from "./operations.js";
import type { Created, ImportState, ListedRecord, Loaded, Regenerated, Saved, StoredRecord } from "./types.js";

/** The characters of what is base64url. */
const KEY = 46;
const WRITE_TOKEN = 22;
const TAG = 3;

/** How a text stands among the numbers: not at all, as one of the free texts, or as it is, behind its length. */
const FREE = 1;
const INLINE = 2;

const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);
/** The engine writes the lower half of a number first; a machine has its own order. */
const LOW = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 0 : 1;
const HIGH = 1 - LOW;
const NONE: readonly unknown[] = [];

/**
 * The engine's answers, read one after another: one text, and where there are free texts an array of it and of them; see
 * {@link EngineCalls}.
 */
export class Answers {
  readonly #packed: string;
  readonly #free: readonly unknown[];
  #at = 0;
  #nextFree = 1;

  constructor(values: string | readonly unknown[]) {
    const isPacked = typeof values === "string";
    this.#packed = isPacked ? values : (values[0] as string);
    this.#free = isPacked ? NONE : values;
  }

  get hasMore(): boolean {
    return this.#at < this.#packed.length;
  }

  ticket(): number {
    return this.word();
  }

  outcome(): number {
    return this.#packed.charCodeAt(this.#at++);
  }

  number(): number {
    this.#at += 8;
    return numberAt(this.#packed, this.#at - 8);
  }

  optionalNumber(): number | undefined {
    const number = this.number();
    return Number.isNaN(number) ? undefined : number;
  }

  key(): string {
    return this.slice(KEY);
  }

  writeToken(): string {
    return this.slice(WRITE_TOKEN);
  }

  tag(): string {
    return this.slice(TAG);
  }

  /** So many characters as they are. */
  slice(length: number): string {
    return this.#packed.slice(this.#at, (this.#at += length));
  }

  text(): string {
    return this.optionalText() as string;
  }

  optionalText(): string | undefined {
    const form = this.#packed.charCodeAt(this.#at++);
    if (form === INLINE) return this.slice(this.word());
    return form === FREE ? (this.#free[this.#nextFree++] as string) : undefined;
  }

  error(): Error {
    return this.#free[this.#nextFree++] as Error;
  }

  /** A whole number of four bytes. */
  word(): number {
    this.#at += 4;
    return wordAt(this.#packed, this.#at - 4);
  }
}

/** The whole number of four bytes at a place of an answer. */
export function wordAt(packed: string, at: number): number {
  const low = packed.charCodeAt(at) | (packed.charCodeAt(at + 1) << 8);
  return (low | (packed.charCodeAt(at + 2) << 16) | (packed.charCodeAt(at + 3) << 24)) >>> 0;
}

/** The number of eight bytes at a place of an answer. */
export function numberAt(packed: string, at: number): number {
  words[LOW] = wordAt(packed, at);
  words[HIGH] = wordAt(packed, at + 4);
  return double[0] as number;
}

/** Reads the values of one answer, which is no error. */
export type Reader<T> = (answers: Answers, outcome: number) => T;

export const readDone: Reader<void> = () => undefined;
export const readNumber: Reader<number> = (answers) => answers.number();
export const readBoolean: Reader<boolean> = (answers) => answers.number() === 1;
export const readEnd: Reader<number | null> = (answers) => answers.optionalNumber() ?? null;

export const readCreated: Reader<Created> = (answers, outcome) => {
  switch (outcome) {
    case OUTCOMES.done:
      return { outcome: "done", expiresAt: answers.number(), evicted: readAll(answers, () => answers.key()) };
    case OUTCOMES.exists:
      return { outcome: "exists", writeToken: answers.writeToken() };
    case OUTCOMES.full:
      return { outcome: "full" };
    case OUTCOMES.revoked:
      return { outcome: "revoked" };
    default:
      return { outcome: "ended" };
  }
};

export const readLoaded: Reader<Loaded> = (answers, outcome) => {
  if (outcome === OUTCOMES.found) return { outcome: "found", record: readRecord(answers) };
  return { outcome: outcome === OUTCOMES.ended ? "ended" : "absent" };
};

export const readSaved: Reader<Saved> = (answers, outcome) => {
  if (outcome === OUTCOMES.done) return { outcome: "done", version: answers.number(), expiresAt: answers.number() };
  if (outcome === OUTCOMES.conflict) return { outcome: "conflict", record: readRecord(answers) };
  return { outcome: "not-found" };
};

export const readRegenerated: Reader<Regenerated> = (answers, outcome) => {
  if (outcome === OUTCOMES.conflict) return { outcome: "conflict", record: readRecord(answers) };
  return outcome === OUTCOMES.notFound ? { outcome: "not-found" } : readCreated(answers, outcome);
};

export const readImport: Reader<ImportState> = (answers, outcome) => {
  if (outcome === OUTCOMES.open) return { outcome: "open", tag: answers.tag() };
  return outcome === OUTCOMES.done ? { outcome: "done", tag: answers.tag() } : { outcome: "done" };
};

export const readListed: Reader<ListedRecord[]> = (answers) => readAll(answers, () => readListedRecord(answers));
export const readLoadedMany: Reader<Loaded[]> = (answers) =>
  readAll(answers, () => readLoaded(answers, answers.outcome()));

function readAll<T>(answers: Answers, readOne: () => T): T[] {
  return Array.from({ length: answers.number() }, readOne);
}

function readRecord(answers: Answers): StoredRecord {
  const version = answers.number();
  const writeToken = answers.writeToken();
  const createdAt = answers.number();
  const lastSeenAt = answers.number();
  const authenticatedAt = answers.optionalNumber();
  const expiresAt = answers.number();
  const absoluteExpiresAt = answers.number();
  const idle = answers.optionalNumber();
  const data = answers.text();
  const userId = answers.optionalText();
  const label = answers.optionalText();
  return {
    data,
    version,
    writeToken,
    userId,
    createdAt,
    lastSeenAt,
    authenticatedAt,
    expiresAt,
    absoluteExpiresAt,
    idle,
    label,
  };
}

function readListedRecord(answers: Answers): ListedRecord {
  return {
    key: answers.key(),
    createdAt: answers.number(),
    lastSeenAt: answers.number(),
    authenticatedAt: answers.optionalNumber(),
    expiresAt: answers.number(),
    label: answers.optionalText(),
  };
}
