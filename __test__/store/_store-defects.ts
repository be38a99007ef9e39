import { setImmediate as turn } from "node:timers/promises";

import { MapStore } from "../../examples/custom-store/map-store.ts";
import { type Defects, failure, recordOf } from "./_closable.ts";

/** What can be wrong with a store as a whole, and with the sessions of a user. */
export const STORE_DEFECTS: Defects = [
  ["S8", "nothing is there after reopening", { reopened: () => new MapStore() }],
  ["S9", "load works after close", { whenClosed: (good) => ({ load: (call, key) => good.load(call, key) }) }],
  [
    "S9",
    "a second close fails",
    {
      whenClosed() {
        let closes = 0;
        return {
          close: async () => {
            closes += 1;
            if (closes > 1) throw failure("ERR_STORE_CLOSED");
          },
        };
      },
    },
  ],
  [
    "S10",
    "list leaves out what an index of ten has no room for",
    { calls: (good) => ({ list: async (call, user) => (await good.list(call, user)).slice(0, 10) }) },
  ],
  [
    "S10",
    "count counts sessions that ended",
    {
      calls(good) {
        let ended = 0;
        return {
          async delete(call, key, tombstone) {
            const was = await good.delete(call, key, tombstone);
            ended += Number(was);
            return was;
          },
          count: async (call, user) => (await good.count(call, user)) + ended,
        };
      },
    },
  ],
  [
    "S10",
    "touch moves the end, but not in the index of users",
    {
      calls(good) {
        const ends = new Map<string, number>();
        return {
          async create(call, key, record) {
            const created = await good.create(call, key, record);
            if (created.outcome === "done" && record.lifetime.idle !== undefined) ends.set(key, created.expiresAt);
            return created;
          },
          list: async (call, user) =>
            (await good.list(call, user)).filter(({ key }) => (ends.get(key) ?? Infinity) > call.now),
        };
      },
    },
  ],
  [
    "S10",
    "revoke ends the excepted session too",
    {
      calls: (good) => ({
        revoke: (call, user, { except: _except, ...revocation }) => good.revoke(call, user, revocation),
      }),
    },
  ],
  [
    "S11",
    "a creation that is given up leaves half a record",
    {
      calls: (good) => ({
        async create({ signal, ...call }, key, record) {
          if (signal === undefined || signal.aborted) return good.create({ ...call, signal }, key, record);
          await good.create(call, key, { ...record, data: "" });
          await turn();
          if (signal.aborted) throw failure("ERR_ABORTED");
          await good.delete(call, key, 0);
          return good.create(call, key, record);
        },
      }),
    },
  ],
  [
    "S11",
    "a call that was given up before it began is done all the same",
    { calls: (good) => ({ delete: ({ now }, key, tombstone) => good.delete({ now }, key, tombstone) }) },
  ],
  [
    "S11",
    "a call that is too late fails with an error of its own",
    {
      calls: (good) => ({
        async create(call, key, record) {
          if (call.deadline !== undefined) throw failure("ETIMEDOUT");
          return good.create(call, key, record);
        },
      }),
    },
  ],
  ["S12", "a sweep has no limit", { calls: (good) => ({ deleteExpired: (call) => good.deleteExpired(call, 1000) }) }],
  [
    "S12",
    "a sweep does not count",
    { calls: (good) => ({ deleteExpired: async (call, limit) => Math.min(await good.deleteExpired(call, limit), 0) }) },
  ],
  [
    "S13",
    "regenerate leaves the old session",
    {
      calls: (good) => ({
        async regenerate(call, from, expected, to, record, tombstone) {
          const old = await recordOf(good, call, from);
          if (old?.version !== expected || old.label !== undefined || old.userId !== undefined) {
            return good.regenerate(call, from, expected, to, record, tombstone);
          }
          return good.create(call, to, record);
        },
      }),
    },
  ],
  [
    "S13",
    "regenerate ends the old session even when it makes no new one",
    {
      calls: (good) => ({
        async regenerate(call, from, expected, to, record, tombstone) {
          const moved = await good.regenerate(call, from, expected, to, record, tombstone);
          if (moved.outcome === "exists" || moved.outcome === "revoked") await good.delete(call, from, tombstone);
          return moved;
        },
      }),
    },
  ],
  [
    "S13",
    "a cap is counted first and kept later",
    {
      calls: (good) => ({
        async create(call, key, { cap, ...record }) {
          if (cap === undefined) return good.create(call, key, record);
          const count = await good.count(call, record.userId ?? "");
          await turn();
          return good.create(call, key, count < cap.max ? record : { ...record, cap });
        },
      }),
    },
  ],
  [
    "S13",
    "a revocation is forgotten",
    {
      calls: (good) => ({ revoke: (call, user, revocation) => good.revoke(call, user, { ...revocation, keep: 0 }) }),
    },
  ],
];
