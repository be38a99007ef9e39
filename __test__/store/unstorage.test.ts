import { createUnstorageStore } from "ironkeep/unstorage";
import { describe, expect, it } from "vitest";

import type { SessionStore } from "ironkeep/store";
import { CALL, KEY, NOW, OTHER, SECRET, TOMBSTONE, fresh, memoryStorage } from "./_storages.ts";

const code = (value: string) => expect.objectContaining({ code: value });

describe("what is in the storage", () => {
  it("is a value under the prefix and the key, with the seconds that it may stay", async () => {
    const inner = memoryStorage();
    const ttls: unknown[] = [];
    const setItem = (key: string, value: string, options: { ttl?: number }) => {
      ttls.push(options.ttl);
      return inner.setItem(key, value);
    };
    const storage = { ...inner, setItem };
    const store = createUnstorageStore(storage);
    await store.create(CALL, KEY, fresh({ lifetime: { maxAge: 3_600_000, idle: 90_001 } }));
    await store.save(CALL, KEY, 1, { ...fresh(), lifetime: { maxAge: 10 } });
    await store.delete(CALL, KEY, TOMBSTONE);
    await createUnstorageStore(storage, { prefix: "app:x" }).create(CALL, KEY, fresh());
    await createUnstorageStore(storage, { ttl: false }).create(CALL, OTHER, fresh());
    expect(await inner.getKeys()).toEqual([`ironkeep:${KEY}`, `app:x:${KEY}`, `ironkeep:${OTHER}`]);
    expect(ttls).toEqual([91, 1, 60, 3600, undefined]);
  });

  it.each([
    ["text that is no JSON", "x{", "ERR_STORE_CORRUPT"],
    ["a value of somebody else", { user: SECRET }, "ERR_STORE_CORRUPT"],
    ["half a record", { v: 1, until: NOW + 1, record: { data: SECRET } }, "ERR_STORE_CORRUPT"],
    ["a later form", { v: 2, data: SECRET }, "ERR_STORE_VERSION"],
  ])("%s is an error, which does not show it", async (_what, value, expected) => {
    const storage = memoryStorage();
    await storage.setItem(`ironkeep:${KEY}`, value);
    const store = createUnstorageStore(storage);
    const error: unknown = await store.load(CALL, KEY).catch((reason: unknown) => reason);
    expect(error).toEqual(code(expected));
    expect(String(error)).not.toMatch(new RegExp(`${SECRET}|${KEY}`));
    await expect(store.create(CALL, KEY, fresh())).rejects.toEqual(code(expected));
  });

  it("is swept where the last sweep stopped, and what others keep there is left alone", async () => {
    const inner = memoryStorage();
    const read: string[] = [];
    const getItem = (key: string) => {
      read.push(key);
      return inner.getItem(key);
    };
    await inner.setItem("other:key", "x");
    const store = createUnstorageStore({ ...inner, getItem });
    const keys = [1, 2, 3, 4].map((byte) => Buffer.alloc(34, byte).toString("base64url"));
    const [live, ...short] = keys.map((key) => `ironkeep:${key}`);
    for (const [index, key] of keys.entries()) {
      await store.create(CALL, key, fresh({ lifetime: { maxAge: index === 0 ? 5000 : 1000 } }));
    }
    read.length = 0;
    expect(await store.deleteExpired({ now: NOW + 1000 }, 1)).toBe(1);
    expect(await store.deleteExpired({ now: NOW + 5000 }, 3)).toBe(3);
    expect(read).toEqual([live, ...short, live]);
    expect(await inner.getKeys()).toEqual(["other:key"]);
  });
});

describe("what it refuses", () => {
  it.each([
    ["no storage", null, {}],
    ["a driver that cannot be written", { getItem: () => null, getKeys: () => [] }, {}],
    ["an unknown option", memoryStorage(), { prefx: "x" }],
    ["a prefix of nothing", memoryStorage(), { prefix: "" }],
    ["a prefix with what a storage changes", memoryStorage(), { prefix: "a/b?" }],
    ["a ttl that is no switch", memoryStorage(), { ttl: 60 }],
    ["a cap that is no number", memoryStorage(), { dataLimit: "1" }],
  ])("%s", (_what, storage, options) => {
    expect(() => createUnstorageStore(storage as never, options as never)).toThrow(code("ERR_CONFIG"));
  });

  it("names the option that was meant", () => {
    expect(() => createUnstorageStore(memoryStorage(), { prefx: "x" } as never)).toThrow(/did you mean "prefix"/);
  });

  it.each<[string, (store: SessionStore) => Promise<unknown>]>([
    ["list", (store) => store.list(CALL, "alice")],
    ["revoke", (store) => store.revoke(CALL, "alice", { tombstone: TOMBSTONE, keep: TOMBSTONE })],
    ["a cap", (store) => store.create(CALL, KEY, fresh({ userId: "alice", cap: { max: 1, onFull: "refuse" } }))],
    ["an import", (store) => store.beginImport(CALL, KEY, "AAA", TOMBSTONE)],
  ])("%s, with what to do", async (_what, call) => {
    await expect(call(createUnstorageStore(memoryStorage()))).rejects.toThrow(/cannot .*: use a store of createStore/);
  });
});

describe("within one process", () => {
  it("of many writers of one session each is told whether it was first", async () => {
    const store = createUnstorageStore(memoryStorage());
    await store.create(CALL, KEY, fresh({ data: "0" }));
    let conflicts = 0;
    const increment = async () => {
      for (;;) {
        const loaded = await store.load(CALL, KEY);
        if (loaded.outcome !== "found") throw new Error(loaded.outcome);
        const { record } = loaded;
        const change = { ...fresh(), data: String(Number(record.data) + 1) };
        if ((await store.save(CALL, KEY, record.version, change)).outcome === "done") return;
        conflicts += 1;
      }
    };
    await Promise.all(Array.from({ length: 20 }, increment));
    expect(await store.load(CALL, KEY)).toMatchObject({ record: { data: "20", version: 21 } });
    expect(conflicts).toBeGreaterThan(0);
  });

  it("regenerate leaves one session, and another one's key as it is", async () => {
    const store = createUnstorageStore(memoryStorage());
    const move = (data: string) => store.regenerate(CALL, KEY, 1, OTHER, fresh({ data }), TOMBSTONE);
    await store.create(CALL, KEY, fresh());
    await store.create(CALL, OTHER, fresh({ data: "holder" }));
    expect(await move("x")).toMatchObject({ outcome: "exists" });
    expect(await store.load(CALL, KEY)).toMatchObject({ outcome: "found" });
    await store.delete(CALL, OTHER, 0);
    expect(await move("moved")).toMatchObject({ outcome: "done" });
    expect(await store.load(CALL, KEY)).toEqual({ outcome: "ended" });
    expect(await store.load(CALL, OTHER)).toMatchObject({ outcome: "found", record: { data: "moved" } });
  });

  it("close leaves the storage open", async () => {
    const storage = memoryStorage();
    const store = createUnstorageStore(storage);
    await store.create(CALL, KEY, fresh());
    await store.close();
    expect(await createUnstorageStore(storage).load(CALL, KEY)).toMatchObject({ outcome: "found" });
  });
});
