import { OUTCOMES } from "./operations.js";
import type { Created, ImportState, ListedRecord, Loaded, Regenerated, Saved, StoredRecord } from "./types.js";

/** The characters of what is base64url. */
const KEY = 46;
const WRITE_TOKEN = 22;
const TAG = 3;

const bytes = new Uint8Array(8);
const words = new Uint32Array(bytes.buffer);
const double = new Float64Array(bytes.buffer);
/** Bytes are read and numbers made of them by one order, the machine's; the engine writes the little-endian one. */
const isLittleEndian = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

/**
 * The engine's answers, read one after another: the first value is one text for everything but free text, and the others are
 * the free texts; see {@link EngineCalls}.
 */
export class Answers {
  readonly #packed: string;
  readonly #free: readonly unknown[];
  #at = 0;
  #nextFree = 1;

  constructor(values: readonly unknown[]) {
    this.#packed = values[0] as string;
    this.#free = values;
  }

  get hasMore(): boolean {
    return this.#at < this.#packed.length;
  }

  ticket(): number {
    this.#read(4);
    return words[0] ?? 0;
  }

  outcome(): number {
    return this.#packed.charCodeAt(this.#at++);
  }

  number(): number {
    this.#read(8);
    return double[0] ?? 0;
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
    return this.#free[this.#nextFree++] as string;
  }

  optionalText(): string | undefined {
    return this.#packed.charCodeAt(this.#at++) === 1 ? this.text() : undefined;
  }

  error(): Error {
    return this.#free[this.#nextFree++] as Error;
  }

  #read(length: number): void {
    const last = length - 1;
    for (let at = 0; at <= last; at++) {
      bytes[isLittleEndian ? at : last - at] = this.#packed.charCodeAt(this.#at++);
    }
  }
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
