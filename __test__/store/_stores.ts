// Stores of every driver, each in a place of its own, and what is put into them.

import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { createStore, type NewRecord, type StoreConfig } from "ironkeep/store";
import { onTestFinished } from "vitest";

export const NOW = 1_795_000_000_000;
export const DRIVERS = ["memory", "sqlite"] as const;
export type Driver = (typeof DRIVERS)[number];

/** A folder that goes when the test ends. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "ironkeep-store-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Far over what any call takes on a busy machine. */
const DEADLINE = 20_000;

export function configOf(driver: Driver, more: { deadline?: number; maxData?: number } = {}): StoreConfig {
  const common = { deadline: DEADLINE, ...more };
  if (driver === "memory") return { driver, ...common };
  return { driver, path: join(folder(), "sessions.db"), synchronous: "normal", ...common };
}

/** A store that is closed when the test ends. */
export function open(driver: Driver, more: { deadline?: number; maxData?: number } = {}) {
  const store = createStore(configOf(driver, more));
  onTestFinished(() => store.close());
  return store;
}

const lengthPrefixed = (text: string) => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(Buffer.byteLength(text));
  return Buffer.concat([length, Buffer.from(text)]);
};

const tagOf = (userId: string) =>
  createHash("sha256")
    .update(Buffer.concat([lengthPrefixed("shard"), lengthPrefixed(userId)]))
    .digest()
    .subarray(0, 2);

/** A new key, with the tag of its user. */
export function newKey(userId?: string): string {
  const tag = userId === undefined ? randomBytes(2) : tagOf(userId);
  return Buffer.concat([tag, randomBytes(32)]).toString("base64url");
}

export const newToken = () => randomBytes(16).toString("base64url");

export function record(data: string, more: Partial<NewRecord> = {}): NewRecord {
  return { data, writeToken: newToken(), age: 0, lifetime: { maxAge: 3_600_000 }, ...more };
}

/** What a call came to: its value, or the code of its error. */
export async function codeOf(call: Promise<unknown>): Promise<unknown> {
  return call.catch((error: unknown) => (error instanceof Error && "code" in error ? error.code : error));
}
