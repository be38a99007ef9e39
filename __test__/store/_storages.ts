import type { UnstorageLike } from "ironkeep/unstorage";
import { createStorage } from "unstorage";
import memory from "unstorage/drivers/memory";

import type { NewRecord, StoreCall } from "ironkeep/store";

export const KEY = Buffer.alloc(34, 1).toString("base64url");
export const OTHER = Buffer.alloc(34, 2).toString("base64url");
export const NOW = 1_700_000_000_000;
export const CALL: StoreCall = { now: NOW };
export const TOMBSTONE = 60_000;

/** What no message may hold. */
export const SECRET = "canary-7c1f";

export function fresh(given: Partial<NewRecord> = {}): NewRecord {
  const writeToken = Buffer.alloc(16, 3).toString("base64url");
  return { data: `{"name":"${SECRET}"}`, writeToken, age: 0, lifetime: { maxAge: 3_600_000 }, ...given };
}

export const memoryStorage = () => createStorage({ driver: memory() });

interface Step {
  call: keyof UnstorageLike;
  release(error?: Error): void;
}

/** A storage of which each call waits until the test releases it. */
export function steppedStorage() {
  const inner = memoryStorage();
  const waiting: Step[] = [];
  const arrivals: (() => void)[] = [];
  const wait = (call: keyof UnstorageLike) =>
    new Promise<void>((resolve, reject) => {
      waiting.push({ call, release: (error) => (error === undefined ? resolve() : reject(error)) });
      arrivals.shift()?.();
    });
  const storage: UnstorageLike = {
    getItem: async (key) => {
      await wait("getItem");
      return inner.getItem(key);
    },
    setItem: async (key, value) => {
      await wait("setItem");
      return inner.setItem(key, value);
    },
    removeItem: async (key) => {
      await wait("removeItem");
      return inner.removeItem(key);
    },
    getKeys: async (base) => {
      await wait("getKeys");
      return inner.getKeys(base);
    },
  };
  /** The call that waits, once there is one. */
  const next = async (): Promise<Step> => {
    if (waiting.length === 0) await new Promise<void>((resolve) => arrivals.push(resolve));
    const step = waiting.shift();
    if (step === undefined) throw new Error("nothing waits");
    return step;
  };
  /** Lets everything through from now on. */
  const flow = () => {
    void (async () => {
      for (;;) (await next()).release();
    })();
  };
  return { inner, storage, next, flow, waiting };
}
