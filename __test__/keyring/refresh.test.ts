// When a ring's function is asked again: for a token of an unknown key, and by refresh().

import { createKeyring } from "ironkeep";
import { type SessionConfig, unsealSession } from "ironkeep/h3";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { dataOf, key, outcomeOf, Source, tokenOf } from "./_rings.ts";

const [k1, k2, k3] = [key("k1"), key("k2"), key("k3")];

/** How long a function may take, in milliseconds. */
const LIMIT = 10_000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"] });
});

afterEach(() => {
  vi.useRealTimers();
});

/** A ring that was read a while ago, and a maker of tokens of any key. */
async function readBefore(format: "iron" | "ik1", ...keys: readonly ReturnType<typeof key>[]) {
  const source = new Source(...keys);
  const ring = createKeyring({ keys: source.read, refreshInterval: 0 });
  const config: SessionConfig = { password: ring, seal: { format } };
  await ring.refresh();
  vi.setSystemTime(Date.now() + 5000);
  const under = (kid: ReturnType<typeof key>) => tokenOf({ ...config, password: createKeyring([kid]) }, { by: kid.id });
  return { source, ring, config, under };
}

/** What becomes of a promise, without waiting for it. */
function watch(promise: Promise<unknown>): { outcome: unknown } {
  const watched: { outcome: unknown } = { outcome: "pending" };
  void outcomeOf(promise).then((outcome) => (watched.outcome = outcome));
  return watched;
}

describe.each([
  ["Fe26.2", "iron"],
  ["ik1", "ik1"],
] as const)("a token of an unknown key: %s", (_, format) => {
  test("the keys are read at once, and once for 100 requests", async () => {
    const { source, config, under } = await readBefore(format, k1);
    const token = await under(k2);
    source.answer = async () => [k2, k1];
    const seen = await Promise.all(Array.from({ length: 100 }, () => dataOf(config, token)));
    expect(seen).toEqual(seen.map(() => ({ by: "k2" })));
    expect(source.calls).toBe(2);
  });

  test("a key that nobody knows makes the keys be read once a second, however many ask", async () => {
    const { source, config, under } = await readBefore(format, k1);
    const token = await under(k3);
    const hundred = () => Promise.all(Array.from({ length: 100 }, () => outcomeOf(unsealSession(null, config, token))));
    expect(await hundred()).toEqual(
      Array.from({ length: 100 }, () => (format === "ik1" ? "ERR_SEAL_INVALID" : "ERR_KEY_UNKNOWN")),
    );
    expect(source.calls).toBe(2);
    vi.setSystemTime(Date.now() + 900);
    await hundred();
    expect(source.calls).toBe(2);
    vi.setSystemTime(Date.now() + 100);
    await hundred();
    expect(source.calls).toBe(3);
  });

  test("a function that fails: the outage is told, and asked once a second", async () => {
    const { source, ring, config, under } = await readBefore(format, k1);
    const [young, old] = [await under(k2), await under(k1)];
    source.answer = () => Promise.reject(new Error("no network"));
    const hundred = () => Promise.all(Array.from({ length: 100 }, () => outcomeOf(unsealSession(null, config, young))));
    for (const step of [0, 999]) {
      vi.setSystemTime(Date.now() + step);
      expect(new Set(await hundred())).toEqual(new Set(["ERR_KEYRING_UNAVAILABLE"]));
      expect(source.calls).toBe(2);
    }
    expect(await dataOf(config, old)).toEqual({ by: "k1" });
    expect(ring.keys().map(({ id }) => id)).toEqual(["k1"]);

    source.gives(k2, k1);
    vi.setSystemTime(Date.now() + 1);
    expect(await dataOf(config, young)).toEqual({ by: "k2" });
    expect(source.calls).toBe(3);
  });

  test("a reading that began before the key existed is followed by another", async () => {
    const { source, ring, config, under } = await readBefore(format, k1);
    const token = await under(k2);
    const answer = source.waits();
    const before = ring.refresh();
    await vi.advanceTimersByTimeAsync(0);
    expect(source.calls).toBe(2);
    source.gives(k2, k1);
    const readings = Promise.all(Array.from({ length: 100 }, () => dataOf(config, token)));
    await vi.advanceTimersByTimeAsync(0);
    answer(k1);
    await before;
    const seen = await readings;
    expect(seen).toEqual(seen.map(() => ({ by: "k2" })));
    expect(source.calls).toBe(3);
  });

  test("a function that never settles: the outage is told after 10 s, and the next reading works", async () => {
    const { source, config, under } = await readBefore(format, k1);
    const token = await under(k2);
    source.waits();
    const waiting = watch(unsealSession(null, config, token));
    await vi.advanceTimersByTimeAsync(LIMIT - 1);
    expect(waiting.outcome).toBe("pending");
    await vi.advanceTimersByTimeAsync(1000);
    expect(waiting.outcome).toBe("ERR_KEYRING_UNAVAILABLE");

    source.gives(k2, k1);
    await vi.advanceTimersByTimeAsync(1000);
    expect(await dataOf(config, token)).toEqual({ by: "k2" });
  });
});

describe("a function that never settled", () => {
  test("before the first keys: the outage is told after 10 s, and refresh() works", async () => {
    const source = new Source();
    source.waits();
    const ring = createKeyring({ keys: source.read, refreshInterval: 0 });
    const config: SessionConfig = { password: ring };
    const token = await tokenOf({ password: createKeyring([k1]) }, { by: "k1" });
    const waiting = watch(unsealSession(null, config, token));
    await vi.advanceTimersByTimeAsync(LIMIT + 1000);
    expect(waiting.outcome).toBe("ERR_KEYRING_UNAVAILABLE");

    source.gives(k1);
    await ring.refresh();
    expect(await dataOf(config, token)).toEqual({ by: "k1" });
  });

  test("and settles after all: its keys, which are older, are not taken", async () => {
    const source = new Source(k1);
    const ring = createKeyring({ keys: source.read, refreshInterval: 0 });
    await ring.refresh();
    const answer = source.waits();
    const late = watch(ring.refresh());
    await vi.advanceTimersByTimeAsync(LIMIT + 1000);
    expect(late.outcome).toBe("ERR_KEYRING_UNAVAILABLE");
    source.gives(k2);
    await ring.refresh();
    answer(k1);
    await vi.advanceTimersByTimeAsync(1000);
    expect(ring.keys().map(({ id }) => id)).toEqual(["k2"]);
  });
});

describe("refresh()", () => {
  test("while a reading is under way waits for a later one, which all such calls share", async () => {
    const source = new Source();
    const answer = source.waits();
    const ring = createKeyring({ keys: source.read, refreshInterval: 0 });
    const first = ring.refresh();
    await vi.advanceTimersByTimeAsync(0);
    source.gives(k2, k1);
    const later = [ring.refresh(), ring.refresh(), ring.refresh()];
    await vi.advanceTimersByTimeAsync(0);
    expect(source.calls).toBe(1);
    answer(k1);
    await first;
    await Promise.all(later);
    expect(ring.keys().map(({ id }) => id)).toEqual(["k2", "k1"]);
    expect(source.calls).toBe(2);
  });

  test("after a reading that fails under way reads all the same", async () => {
    const source = new Source();
    let fail: (error: Error) => void = () => {};
    source.answer = () => new Promise((_resolve, reject) => (fail = reject));
    const ring = createKeyring({ keys: source.read, refreshInterval: 0 });
    const first = outcomeOf(ring.refresh());
    await vi.advanceTimersByTimeAsync(0);
    source.gives(k1);
    const later = ring.refresh();
    fail(new Error("no network"));
    expect(await first).toBe("ERR_KEYRING_UNAVAILABLE");
    await later;
    expect(ring.keys()).toHaveLength(1);
  });

  test("of a function that fails tells the outage, and not what it said", async () => {
    const { source, ring } = await readBefore("ik1", k1);
    source.answer = () => {
      throw new Error(`cannot parse ${k2.secret as string}`);
    };
    const error: unknown = await ring.refresh().catch((thrown: unknown) => thrown);
    expect(error).toHaveProperty("code", "ERR_KEYRING_UNAVAILABLE");
    expect([String(error), String((error as Error).cause)].join()).not.toContain(k2.secret as string);
    expect(ring.keys().map(({ id }) => id)).toEqual(["k1"]);
  });
});
