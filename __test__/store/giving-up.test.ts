// Deadlines, signals and dropped calls: each ends its own call, and no answer ever reaches another.

import { setMaxListeners } from "node:events";

import { describe, expect, it } from "vitest";

import { ALL_DRIVERS, hasRedis, openAny } from "./_redis.ts";
import { codeOf, NOW, newKey, record } from "./_stores.ts";

describe.each(ALL_DRIVERS)("%s: a call", (driver) => {
  it("without any time left is ERR_STORE_TIMEOUT", async () => {
    const store = await openAny(driver);
    for (const deadline of [0, -1, Number.NEGATIVE_INFINITY]) {
      expect(await codeOf(store.load({ now: NOW, deadline }, newKey()))).toBe("ERR_STORE_TIMEOUT");
    }
  });

  it("whose signal has been aborted is ERR_ABORTED, and is not made", async () => {
    const store = await openAny(driver);
    const key = newKey();
    expect(await codeOf(store.create({ now: NOW, signal: AbortSignal.abort() }, key, record("{}")))).toBe(
      "ERR_ABORTED",
    );
    expect(await store.load({ now: NOW }, key)).toEqual({ outcome: "absent" });
  });

  it("that is given up is ERR_ABORTED at once, and whole or not at all", async () => {
    const store = await openAny(driver);
    const outcomes = new Set<string>();
    for (let round = 0; round < 50; round++) {
      const controller = new AbortController();
      const key = newKey();
      const created = codeOf(store.create({ now: NOW, signal: controller.signal }, key, record("whole")));
      if (round % 2 === 0) await Promise.resolve();
      controller.abort();
      // What is in memory may have been done by then.
      if (driver !== "memory" || round % 2 === 1) expect(await created).toBe("ERR_ABORTED");
      const loaded = await store.load({ now: NOW }, key);
      outcomes.add(loaded.outcome);
      if (loaded.outcome === "found") expect(loaded.record).toMatchObject({ data: "whole", version: 1 });
    }
    expect([...outcomes].filter((outcome) => outcome !== "found" && outcome !== "absent")).toEqual([]);
  });

  it("listens to its signal no longer than it waits", async () => {
    const store = await openAny(driver);
    const controller = new AbortController();
    let listening = 0;
    const { signal } = controller;
    setMaxListeners(100, signal);
    const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)];
    signal.addEventListener = (...args: Parameters<typeof add>) => (listening++, add(...args));
    signal.removeEventListener = (...args: Parameters<typeof remove>) => (listening--, remove(...args));
    const calls = Array.from({ length: 20 }, () => store.load({ now: NOW, signal }, newKey()));
    expect(listening).toBe(20);
    await Promise.all(calls);
    expect(listening).toBe(0);
    controller.abort();
    expect(await store.load({ now: NOW }, newKey())).toEqual({ outcome: "absent" });
  });

  it("whose signal cannot be let go of costs no other call its answer", async () => {
    const store = await openAny(driver);
    const keys = Array.from({ length: 20 }, () => newKey());
    await Promise.all(keys.map((key) => store.create({ now: NOW }, key, record(key))));
    const silent = { aborted: false, addEventListener: () => undefined } as unknown as AbortSignal;
    const failing = Object.assign(new EventTarget(), {
      aborted: false,
      removeEventListener() {
        throw new Error("planted");
      },
    }) as unknown as AbortSignal;
    const loads = [silent, failing, undefined].map((signal) => store.load({ now: NOW, signal }, keys[0] as string));
    const [refused, ...loaded] = await Promise.allSettled(loads);
    expect(refused).toMatchObject({ status: "rejected", reason: { code: "ERR_CONFIG" } });
    for (const each of loaded) expect(each).toMatchObject({ value: { record: { data: keys[0] } } });
    const all = await Promise.all(keys.map((key) => store.load({ now: NOW }, key)));
    expect(all.map((each) => each.outcome === "found" && each.record.data)).toEqual(keys);
  });
});

/** xorshift32: the same numbers for the same seed. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

describe("of 200,000 calls, one of twenty dropped,", () => {
  it.each([["memory", 90_000], ["sqlite", 90_000], ...(hasRedis ? ([["redis", 20_000]] as const) : [])] as const)(
    "%s gives none another's answer",
    { timeout: 120_000 },
    async (driver, count) => {
      const random = numbers(7);
      const store = await openAny(driver);
      const keys = Array.from({ length: 500 }, () => newKey());
      await Promise.all(keys.map((key) => store.create({ now: NOW }, key, record(key))));
      const seen = { dropped: 0, answered: 0, foreign: 0, odd: new Set<unknown>() };
      let made = 0;
      const one = async () => {
        const key = keys[Math.floor(random() * keys.length)] ?? "";
        const isDropped = random() < 0.05;
        const controller = isDropped ? new AbortController() : undefined;
        const loading = store.load({ now: NOW, signal: controller?.signal }, key);
        const delay = random();
        if (delay < 0.3) controller?.abort();
        else if (delay < 0.6) queueMicrotask(() => controller?.abort());
        else if (isDropped) setImmediate(() => controller?.abort());
        try {
          const loaded = await loading;
          seen.answered++;
          if (loaded.outcome !== "found" || loaded.record.data !== key) seen.foreign++;
        } catch (error) {
          seen.dropped++;
          if ((error as { code?: unknown }).code !== "ERR_ABORTED") seen.odd.add((error as { code?: unknown }).code);
        }
      };
      const lane = async () => {
        while (made < count) {
          made++;
          await one();
        }
      };
      await Promise.all(Array.from({ length: 64 }, lane));
      expect(seen).toMatchObject({ foreign: 0, odd: new Set() });
      expect(seen.answered + seen.dropped).toBe(count);
      expect(seen.dropped).toBeGreaterThan(count / 100);
    },
  );
});
