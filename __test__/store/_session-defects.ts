import { setImmediate as turn } from "node:timers/promises";

import { MapStore } from "../../examples/custom-store/map-store.ts";
import type { NewRecord, SessionStore, StoreCall } from "ironkeep/store";
import { type Defects, failure, recordOf } from "./_closable.ts";

/** Before anything expired. */
const EARLY = { now: 0 };
const CAP = 65_536;

/** What can be wrong with single sessions. */
export const SESSION_DEFECTS: Defects = [
  [
    "S1",
    "create writes over a session that was changed since it began",
    {
      calls: (good) => ({
        async create(call, key, record) {
          const created = await good.create(call, key, record);
          const old = await recordOf(good, call, key);
          if (created.outcome === "exists" && (old?.version ?? 0) > 1) await overwrite(good, call, key, record);
          return created;
        },
      }),
    },
  ],
  [
    "S1",
    "create says of a key that is taken that it is done",
    {
      calls: (good) => ({
        async create(call, key, record) {
          const old = await recordOf(good, call, key);
          if (old?.label === "first") return { outcome: "done", expiresAt: old.expiresAt, evicted: [] };
          return good.create(call, key, record);
        },
      }),
    },
  ],
  [
    "S2",
    "load gives what has expired",
    {
      calls: (good) => ({
        async load(call, key) {
          const [loaded, early] = [await good.load(call, key), await good.load(EARLY, key)];
          return early.outcome === "found" ? early : loaded;
        },
      }),
    },
  ],
  [
    "S2",
    "touch brings back what has expired",
    { calls: (good) => ({ touch: async (call, key) => (await good.touch(call, key)) ?? good.touch(EARLY, key) }) },
  ],
  ["S2", "count counts what has expired", { calls: (good) => ({ count: (_call, user) => good.count(EARLY, user) }) }],
  [
    "S3",
    "save takes any version",
    {
      calls: (good) => ({
        async save(call, key, _expected, change) {
          const { version = 0 } = (await recordOf(good, call, key)) ?? {};
          return good.save(call, key, version, change);
        },
      }),
    },
  ],
  [
    "S3",
    "save makes a session where none was",
    {
      calls: (good) => ({
        async save(call, key, expected, change) {
          const { outcome: ever } = await good.load(EARLY, key);
          if (ever !== "absent") return good.save(call, key, expected, change);
          const { data, writeToken } = change;
          const { outcome } = await good.create(call, key, { data, writeToken, age: 0, lifetime: { maxAge: CAP } });
          return outcome === "done" ? { outcome, version: 1, expiresAt: call.now + CAP } : { outcome: "not-found" };
        },
      }),
    },
  ],
  [
    "S3",
    "save looks first and writes later",
    {
      calls: (good) => ({
        async save(call, key, expected, change) {
          const { version } = (await recordOf(good, call, key)) ?? {};
          await turn();
          const { version: now = expected } = (await recordOf(good, call, key)) ?? {};
          return good.save(call, key, version === expected && !call.signal?.aborted ? now : expected, change);
        },
      }),
    },
  ],
  ["S4", "delete leaves no tombstone", { calls: (good) => ({ delete: (call, key) => good.delete(call, key, 0) }) }],
  [
    "S4",
    "deleteMany leaves no tombstones",
    { calls: (good) => ({ deleteMany: (call, keys) => good.deleteMany(call, keys, 0) }) },
  ],
  [
    "S4",
    "a sweep takes tombstones that are still needed",
    {
      calls(good) {
        const forgotten = new Set<string>();
        const deleted = new Set<string>();
        return {
          async delete(call, key, tombstone) {
            deleted.add(key);
            return good.delete(call, key, tombstone);
          },
          async deleteExpired(call, limit) {
            for (const key of deleted) forgotten.add(key);
            return good.deleteExpired(call, limit);
          },
          load: async (call, key) => (forgotten.has(key) ? { outcome: "absent" } : good.load(call, key)),
        };
      },
    },
  ],
  [
    "S4",
    "a later delete shortens the tombstone",
    {
      calls(good) {
        const ends = new Map<string, number>();
        return {
          delete(call, key, tombstone) {
            ends.set(key, call.now + tombstone);
            return good.delete(call, key, tombstone);
          },
          async load(call, key) {
            const isOver = (ends.get(key) ?? Infinity) <= call.now;
            return isOver ? { outcome: "absent" } : good.load(call, key);
          },
        };
      },
    },
  ],
  [
    "S5",
    "touch makes a new version",
    {
      calls: (good) => ({
        async touch(call, key) {
          const record = await recordOf(good, call, key);
          if (record === undefined) return null;
          const saved = await good.save(call, key, record.version, record);
          return saved.outcome === "done" ? saved.expiresAt : null;
        },
      }),
    },
  ],
  [
    "S5",
    "the session's age is lost",
    { calls: (good) => ({ create: (call, key, record) => good.create(call, key, forgetAge(record)) }) },
  ],
  [
    "S5",
    "save moves the absolute end",
    {
      calls: (good) => ({
        save: (call, key, expected, change) =>
          good.save(call, key, expected, {
            ...change,
            lifetime: change.lifetime ?? { maxAge: 3_600_000, idle: 600_000 },
          }),
      }),
    },
  ],
  [
    "S6",
    "data is trimmed",
    {
      calls: (good) => ({
        create: (call, key, record) => good.create(call, key, { ...record, data: record.data.trim() }),
      }),
    },
  ],
  [
    "S6",
    "data is normalised when it is saved",
    {
      calls: (good) => ({
        save: (call, key, expected, change) =>
          good.save(call, key, expected, { ...change, data: change.data.normalize("NFC") }),
      }),
    },
  ],
  [
    "S6",
    "the cap is on characters",
    {
      base: () => new MapStore({ dataLimit: 2 * CAP }),
      calls: (good) => ({
        create: async (call, key, record) => good.create(call, key, inCharacters(record)),
        save: async (call, key, expected, change) => good.save(call, key, expected, inCharacters(change)),
        regenerate: async (call, from, expected, to, record, tombstone) =>
          good.regenerate(call, from, expected, to, inCharacters(record), tombstone),
      }),
    },
  ],
  [
    "S7",
    "create looks first and writes later",
    {
      calls: (good) => ({
        async create(call, key, record) {
          const { outcome } = await good.load(call, key);
          if (outcome !== "absent") return good.create(call, key, record);
          await turn();
          const created = await good.create(call, key, record);
          if (created.outcome !== "exists") return created;
          const saved = await overwrite(good, call, key, record);
          return { outcome: "done", expiresAt: saved.outcome === "done" ? saved.expiresAt : 0, evicted: [] };
        },
      }),
    },
  ],
  [
    "S7",
    "an import makes as many records as one likes",
    {
      calls: (good) => ({
        create: (call, key, { import: _import, ...record }) => good.create(call, key, record),
      }),
    },
  ],
  [
    "S7",
    "the record of an import may have any tag",
    {
      calls: (good) => ({
        async create(call, key, record) {
          const created = await good.create(call, key, record);
          if (created.outcome !== "ended" || record.import === undefined) return created;
          const tag = Buffer.from(key, "base64url").subarray(0, 2).toString("base64url");
          const state = await good.beginImport(call, record.import, tag, 0);
          const isStray = state.outcome === "open" && state.tag !== tag;
          return isStray ? good.create(call, key, { ...record, import: undefined }) : created;
        },
      }),
    },
  ],
  [
    "S7",
    "who ends an import that nobody began leaves nothing",
    {
      calls(good) {
        const begun = new Set<string>();
        return {
          beginImport(call, importKey, tag, keep) {
            begun.add(importKey);
            return good.beginImport(call, importKey, tag, keep);
          },
          endImport: async (call, key, keep) => (begun.has(key) ? good.endImport(call, key, keep) : undefined),
        };
      },
    },
  ],
];

/** Changes a session whatever its version. */
async function overwrite(store: SessionStore, call: StoreCall, key: string, record: NewRecord) {
  const { version = 0 } = (await recordOf(store, call, key)) ?? {};
  return store.save(call, key, version, { data: record.data, writeToken: record.writeToken });
}

function forgetAge(record: NewRecord): NewRecord {
  // Only where there is no user: by age the sessions of users are sorted.
  return record.authenticated === undefined ? record : { ...record, age: 0 };
}

function inCharacters<T extends { data: string }>(written: T): T {
  if (written.data.length > CAP) throw failure("ERR_SESSION_TOO_LARGE");
  return written;
}
