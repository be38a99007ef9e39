import type { SessionStore, StoreCall, StoredRecord } from "ironkeep/store";
import type { StoreHarness } from "ironkeep/testing";

import { MapStore } from "../../examples/custom-store/map-store.ts";

export type Calls = Omit<SessionStore, "driver" | "cannot" | "close">;

const NAMES = [
  "create",
  "load",
  "save",
  "touch",
  "delete",
  "regenerate",
  "list",
  "count",
  "revoke",
  "beginImport",
  "endImport",
  "deleteExpired",
  "loadMany",
  "deleteMany",
] as const satisfies readonly (keyof Calls)[];

/** All calls of a store, each through `around`. */
export function callsThrough(store: Calls, around: <T>(call: () => Promise<T>) => Promise<T>): Calls {
  const calls = NAMES.map((name) => {
    const call = store[name].bind(store) as (...args: unknown[]) => Promise<unknown>;
    return [name, (...args: unknown[]) => around(() => call(...args))];
  });
  return Object.fromEntries(calls) as Calls;
}

/** A store that can be closed while what it holds stays, as a file does. */
export function closable(held: Calls): SessionStore {
  let isClosed = false;
  const calls = callsThrough(held, async (call) => {
    if (isClosed) throw failure("ERR_STORE_CLOSED");
    return call();
  });
  const close = async () => {
    isClosed = true;
  };
  return { driver: "map", ...calls, close };
}

/** What is wrong with a store. */
export interface Defect {
  /** The store that it is otherwise. */
  base?: () => MapStore;
  /** Calls that take the place of those of a good store. */
  calls?: (good: MapStore) => Partial<Calls>;
  /** Calls of a closed store that work all the same. */
  whenClosed?: (good: MapStore) => Partial<SessionStore>;
  /** What is there after reopening, in the place of what was there. */
  reopened?: () => MapStore;
}

/** One defect each, by the clause that it breaks. */
export type Defects = readonly (readonly [clause: string, what: string, defect: Defect])[];

/** Persistent stores of `MapStore`s, all with the same defect. */
export function harnessOf(defect: Defect = {}): StoreHarness {
  const holdings = new WeakMap<SessionStore, MapStore>();
  const open = (held: MapStore) => {
    const good = callsThrough(held, (call) => call());
    const store = { ...closable({ ...good, ...defect.calls?.(held) }), ...defect.whenClosed?.(held) };
    holdings.set(store, held);
    return store;
  };
  return {
    create: () => open(defect.base?.() ?? new MapStore()),
    reopen: (closed) => open(defect.reopened?.() ?? holdings.get(closed) ?? new MapStore()),
  };
}

export const failure = (code: string): Error => Object.assign(new Error("given up"), { code });

/** The session under a key, if there is one. */
export async function recordOf(store: Calls, call: StoreCall, key: string): Promise<StoredRecord | undefined> {
  const loaded = await store.load(call, key);
  return loaded.outcome === "found" ? loaded.record : undefined;
}
