import { OUTCOMES } from "./operations.js";
import type { Created, ImportState, ListedRecord, Loaded, Regenerated, Saved, StoredRecord } from "./types.js";

/** The values of the engine's answers, read one after another. */
export class Answers {
  readonly #values: readonly unknown[];
  #at = 0;

  constructor(values: readonly unknown[]) {
    this.#values = values;
  }

  get hasMore(): boolean {
    return this.#at < this.#values.length;
  }

  number(): number {
    return this.#next() as number;
  }

  boolean(): boolean {
    return this.#next() as boolean;
  }

  text(): string {
    return this.#next() as string;
  }

  optionalNumber(): number | undefined {
    return this.#next() as number | undefined;
  }

  optionalText(): string | undefined {
    return this.#next() as string | undefined;
  }

  error(): Error {
    return this.#next() as Error;
  }

  #next(): unknown {
    return this.#values[this.#at++];
  }
}

/** Reads the values of one answer, which is no error. */
export type Reader<T> = (answers: Answers, outcome: number) => T;

export const readDone: Reader<void> = () => undefined;
export const readNumber: Reader<number> = (answers) => answers.number();
export const readBoolean: Reader<boolean> = (answers) => answers.boolean();
export const readEnd: Reader<number | null> = (answers) => answers.optionalNumber() ?? null;

export const readCreated: Reader<Created> = (answers, outcome) => {
  switch (outcome) {
    case OUTCOMES.done:
      return { outcome: "done", expiresAt: answers.number(), evicted: readAll(answers, () => answers.text()) };
    case OUTCOMES.exists:
      return { outcome: "exists", writeToken: answers.text() };
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
  if (outcome === OUTCOMES.open) return { outcome: "open", tag: answers.text() };
  const tag = answers.optionalText();
  return tag === undefined ? { outcome: "done" } : { outcome: "done", tag };
};

export const readListed: Reader<ListedRecord[]> = (answers) => readAll(answers, () => readListedRecord(answers));
export const readLoadedMany: Reader<Loaded[]> = (answers) =>
  readAll(answers, () => readLoaded(answers, answers.number()));

function readAll<T>(answers: Answers, readOne: () => T): T[] {
  return Array.from({ length: answers.number() }, readOne);
}

function readRecord(answers: Answers): StoredRecord {
  return {
    data: answers.text(),
    version: answers.number(),
    writeToken: answers.text(),
    userId: answers.optionalText(),
    createdAt: answers.number(),
    lastSeenAt: answers.number(),
    authenticatedAt: answers.optionalNumber(),
    expiresAt: answers.number(),
    absoluteExpiresAt: answers.number(),
    idle: answers.optionalNumber(),
    label: answers.optionalText(),
  };
}

function readListedRecord(answers: Answers): ListedRecord {
  return {
    key: answers.text(),
    createdAt: answers.number(),
    lastSeenAt: answers.number(),
    authenticatedAt: answers.optionalNumber(),
    expiresAt: answers.number(),
    label: answers.optionalText(),
  };
}
