// How calls cross: those of a tick together, their answers by few wake-ups, and each settles alone.

import { createStore as createEngineStore } from "#engine";
import { describe, expect, it, onTestFinished } from "vitest";

import type { EngineCalls } from "../../js/engine/index.ts";
import { NativeStore } from "../../js/store/native-store.ts";
import { readStoreConfig } from "../../js/store/options.ts";
import { holdUntilSessions } from "./_processes.ts";
import { configOf, type Driver, NOW, newKey, newToken, open, record } from "./_stores.ts";

const call = { now: NOW };

/** A store whose crossings are counted. */
function counted(driver: Driver, config = configOf(driver)) {
  const { engine, deadline } = readStoreConfig(config);
  const real = createEngineStore(engine);
  const counts = { submissions: 0, wakeUps: 0 };
  const counting: EngineCalls = {
    submit(numbers, texts, wake) {
      counts.submissions++;
      return real.submit(numbers, texts, wake);
    },
    take() {
      counts.wakeUps++;
      return real.take();
    },
    cancel: (ticket) => real.cancel(ticket),
  };
  const store = new NativeStore(driver, counting, deadline);
  onTestFinished(() => store.close());
  return { store, counts };
}

const KEYS = Array.from({ length: 64 }, () => newKey());

describe("the calls of one tick", () => {
  it("of a store in memory are one submission, and no wake-up", async () => {
    const { store, counts } = counted("memory");
    await Promise.all(KEYS.map((key) => store.create(call, key, record(key))));
    expect(counts).toEqual({ submissions: 1, wakeUps: 0 });
    for (const key of KEYS) expect(await store.load(call, key)).toMatchObject({ record: { data: key } });
    expect(counts).toEqual({ submissions: 1 + KEYS.length, wakeUps: 0 });
  });

  it("of a store that waits are one submission, and far fewer wake-ups than calls", async () => {
    const config = configOf("sqlite");
    const { store, counts } = counted("sqlite", config);
    await store.create(call, newKey(), record("the file is there"));
    const before = { ...counts };
    const created = Promise.all(KEYS.map((key) => store.create(call, key, record(key))));
    await Promise.resolve();
    holdUntilSessions("path" in config ? config.path : "", 1 + KEYS.length);
    await created;
    expect(counts.submissions - before.submissions).toBe(1);
    expect(counts.wakeUps - before.wakeUps).toBeGreaterThan(0);
    expect(counts.wakeUps - before.wakeUps).toBeLessThan(KEYS.length / 2);
  });

  it("that go on from the same answers are one submission again", async () => {
    const { store, counts } = counted("memory");
    await Promise.all(
      KEYS.map(async (key) => {
        await store.create(call, key, record(key));
        await store.save(call, key, 1, { data: "2", writeToken: newToken() });
        await store.touch(call, key);
      }),
    );
    expect(counts.submissions).toBe(3);
  });

  it("are split where they are very many, and each has its own answer", async () => {
    const { store, counts } = counted("memory");
    const keys = Array.from({ length: 10_000 }, () => newKey());
    await Promise.all(keys.map((key) => store.create(call, key, record(key))));
    const loaded = await Promise.all(keys.map((key) => store.load(call, key)));
    expect(loaded.map((each) => each.outcome === "found" && each.record.data)).toEqual(keys);
    expect(counts.submissions).toBeGreaterThan(2);
    expect(counts.submissions).toBeLessThan(100);
  });

  it("are each refused alone", async () => {
    const { store } = counted("memory");
    const key = newKey();
    const ended = await Promise.allSettled([
      store.create(call, key, record("1")),
      store.load(call, "no key"),
      store.load(call, key),
      store.delete(call, key, Number.NaN),
      store.touch(call, key),
    ]);
    expect(ended.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled", "rejected", "fulfilled"]);
  });
});

describe("a slow call", () => {
  it("delays none that was made after it in the same tick", async () => {
    const store = open("sqlite");
    const key = newKey();
    await store.create(call, key, record("here"));
    const order: string[] = [];
    const many = Array.from({ length: 50_000 }, () => newKey());
    const slow = store.deleteMany(call, many, 60_000).then(() => order.push("slow"));
    const fast = store.load(call, key).then(() => order.push("fast"));
    await Promise.all([slow, fast]);
    expect(order).toEqual(["fast", "slow"]);
  });

  it("settles after others whose answers came with the same wake-up or before", async () => {
    let wake = () => {};
    const answers: unknown[][] = [];
    const engine: EngineCalls = {
      submit: (_numbers, _texts, woken) => ((wake = woken), [""]),
      take: () => answers.shift() ?? [""],
      cancel: () => {},
    };
    const store = new NativeStore("fake", engine, 250);
    const order: number[] = [];
    const calls = [0, 1, 2].map((ticket) => store.endImport(call, newToken(), 1).then(() => order.push(ticket)));
    await Promise.resolve();
    const done = (ticket: number) => `${String.fromCodePoint(ticket)}\0\0\0\u0001`;
    answers.push([done(2) + done(1)]);
    wake();
    await Promise.all(calls.slice(1));
    expect(order).toEqual([2, 1]);
    answers.push([done(0)]);
    wake();
    await calls[0];
    expect(order).toEqual([2, 1, 0]);
  });
});

describe("an engine that fails", () => {
  it("rejects the calls of that submission, and no others", async () => {
    const { store } = counted("memory");
    let isBroken = true;
    const real = createEngineStore(readStoreConfig(configOf("memory")).engine);
    const engine: EngineCalls = {
      submit(numbers, texts, wake) {
        if (!isBroken) return real.submit(numbers, texts, wake);
        isBroken = false;
        throw new Error("broken");
      },
      take: () => real.take(),
      cancel: (ticket) => real.cancel(ticket),
    };
    const broken = new NativeStore("memory", engine, 250);
    const lost = await Promise.allSettled([broken.load(call, newKey()), broken.touch(call, newKey())]);
    expect(lost.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(await broken.load(call, newKey())).toEqual({ outcome: "absent" });
    expect(await store.load(call, newKey())).toEqual({ outcome: "absent" });
  });

  it("is asked for its answers once more, and then those who wait are told", async () => {
    let wake = () => {};
    let takes = 0;
    const engine: EngineCalls = {
      submit: (_numbers, _texts, woken) => ((wake = woken), [""]),
      take() {
        takes++;
        throw new Error("broken");
      },
      cancel: () => {},
    };
    const waits = new NativeStore("fake", engine, 250).touch(call, newKey());
    await Promise.resolve();
    expect(wake).not.toThrow();
    await expect(waits).rejects.toThrow("broken");
    expect(takes).toBe(2);
  });
});
