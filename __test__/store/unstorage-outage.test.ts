import { getEventListeners } from "node:events";
import { setImmediate as turn } from "node:timers/promises";

import { createUnstorageStore } from "ironkeep/unstorage";
import { afterEach, describe, expect, it, vi } from "vitest";

import { CALL, KEY, OTHER, SECRET, TOMBSTONE, fresh, memoryStorage, steppedStorage } from "./_storages.ts";

const code = (value: string) => expect.objectContaining({ code: value });
const boom = (key: string) => Object.assign(new Error(`${key}: ${SECRET}`), { code: "ECONNREFUSED" });

afterEach(() => {
  vi.useRealTimers();
});

describe("a driver that fails", () => {
  it.each(["getItem", "setItem"] as const)("in %s is ERR_STORE_UNAVAILABLE, without what it said", async (name) => {
    const fail = (key: string): never => {
      throw boom(key);
    };
    const store = createUnstorageStore({ ...memoryStorage(), [name]: fail });
    const error: unknown = await store.create(CALL, KEY, fresh()).catch((reason: unknown) => reason);
    expect(error).toEqual(code("ERR_STORE_UNAVAILABLE"));
    expect(String(error)).toMatch(/failed to (read|write) \(ECONNREFUSED\): try again later/);
    const shown = JSON.stringify([error, Object.entries(error as Error), String((error as Error).stack)]);
    expect(shown).not.toMatch(new RegExp(`${SECRET}|${KEY}`));
  });

  it("does not stop the calls after it", async () => {
    const { storage, next, flow } = steppedStorage();
    const store = createUnstorageStore(storage);
    const failed = store.create(CALL, KEY, fresh());
    const after = store.create(CALL, KEY, fresh());
    (await next()).release(boom(KEY));
    await expect(failed).rejects.toEqual(code("ERR_STORE_UNAVAILABLE"));
    flow();
    expect(await after).toMatchObject({ outcome: "done" });
  });

  it.each([
    [1, "found", "the old session is as it was"],
    [2, "ended", "neither lives"],
  ])("in write %i of regenerate: the old one is %s, the new one is not there", async (writes, old) => {
    const { inner, storage, next } = steppedStorage();
    await createUnstorageStore(inner).create(CALL, KEY, fresh());
    const moved = createUnstorageStore(storage).regenerate(CALL, KEY, 1, OTHER, fresh(), TOMBSTONE);
    moved.catch(() => undefined);
    for (let written = 0; written < writes;) {
      const step = await next();
      written += Number(step.call === "setItem");
      step.release();
    }
    (await next()).release(boom(KEY));
    await expect(moved).rejects.toEqual(code("ERR_STORE_UNAVAILABLE"));
    const store = createUnstorageStore(inner);
    expect(await store.load(CALL, KEY)).toMatchObject({ outcome: old });
    expect(await store.load(CALL, OTHER)).toEqual({ outcome: "ended" });
    // The same call again may go on where it stopped, and no other one.
    const again = await store.regenerate(CALL, KEY, 1, OTHER, fresh({ writeToken: "another" }), TOMBSTONE);
    expect(again.outcome).toBe(old === "found" ? "ended" : "not-found");
    const same = await store.regenerate(CALL, KEY, 1, OTHER, fresh(), TOMBSTONE);
    expect(same.outcome).toBe(old === "found" ? "done" : "not-found");
  });
});

describe("a driver that does not answer", () => {
  it("is ERR_STORE_TIMEOUT at the deadline, and nothing is begun after it", async () => {
    vi.useFakeTimers();
    const { storage, next, waiting, inner } = steppedStorage();
    const store = createUnstorageStore(storage);
    const late = store.create({ ...CALL, deadline: 250 }, KEY, fresh());
    const outcome = vi.fn<(error: unknown) => void>();
    late.catch(outcome);
    const read = await next();
    await vi.advanceTimersByTimeAsync(249);
    expect(outcome).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(outcome).toHaveBeenCalledWith(code("ERR_STORE_TIMEOUT"));
    read.release();
    await vi.advanceTimersByTimeAsync(1000);
    expect(waiting).toEqual([]);
    expect(await inner.getKeys()).toEqual([]);
  });

  it("is ERR_ABORTED as soon as the call is given up", async () => {
    const { storage, next } = steppedStorage();
    const store = createUnstorageStore(storage);
    const control = new AbortController();
    const call = { ...CALL, signal: control.signal };
    const loaded = store.load(call, KEY);
    await next();
    control.abort(new Error(SECRET));
    await expect(loaded).rejects.toEqual(code("ERR_ABORTED"));
    await expect(store.load(call, OTHER)).rejects.toEqual(code("ERR_ABORTED"));
  });

  it("a write that comes late does not bring back what was deleted after it", async () => {
    const { storage, next, flow, inner } = steppedStorage();
    await createUnstorageStore(inner).create(CALL, KEY, fresh());
    const store = createUnstorageStore(storage);
    const control = new AbortController();
    const saved = store.save({ ...CALL, signal: control.signal }, KEY, 1, fresh());
    (await next()).release();
    const write = await next();
    expect(write.call).toBe("setItem");
    control.abort();
    await expect(saved).rejects.toEqual(code("ERR_ABORTED"));
    const deleted = store.delete(CALL, KEY, TOMBSTONE);
    flow();
    // As far as the deletion gets while the driver still has the write.
    for (let turns = 0; turns < 5; turns += 1) await turn();
    write.release();
    expect(await deleted).toBe(true);
    expect(await store.load(CALL, KEY)).toEqual({ outcome: "ended" });
  });

  it("a regenerate that is given up half-way is done to its end", async () => {
    const { storage, next, flow, inner } = steppedStorage();
    await createUnstorageStore(inner).create(CALL, KEY, fresh());
    const store = createUnstorageStore(storage);
    const control = new AbortController();
    const moved = store.regenerate({ ...CALL, signal: control.signal }, KEY, 1, OTHER, fresh(), TOMBSTONE);
    let step = await next();
    while (step.call === "getItem") {
      step.release();
      step = await next();
    }
    control.abort();
    await expect(moved).rejects.toEqual(code("ERR_ABORTED"));
    step.release();
    flow();
    expect(await store.load(CALL, OTHER)).toMatchObject({ outcome: "found" });
    expect(await store.load(CALL, KEY)).toEqual({ outcome: "ended" });
  });

  it("calls leave no timer and no listener behind", async () => {
    vi.useFakeTimers();
    const { signal } = new AbortController();
    const store = createUnstorageStore(memoryStorage());
    const call = { ...CALL, signal, deadline: 250 };
    await store.create(call, KEY, fresh());
    await store.load(call, KEY);
    await expect(store.list(call, "alice")).rejects.toEqual(code("ERR_CONFIG"));
    expect(vi.getTimerCount()).toBe(0);
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  it("a deadline that a timer cannot count to is not over at once", async () => {
    vi.useFakeTimers();
    const { storage, next } = steppedStorage();
    const loaded = createUnstorageStore(storage).load({ ...CALL, deadline: 1e12 }, KEY);
    const read = await next();
    await vi.advanceTimersByTimeAsync(60_000);
    read.release();
    expect(await loaded).toEqual({ outcome: "absent" });
  });
});
