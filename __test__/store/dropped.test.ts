// One call of twenty is given up or has no time: none of the others gets an answer that is not its own, and no record is half
// of one write and half of another.

import { createHash } from "node:crypto";

import type { SessionStore, StoreCall, StoredRecord } from "ironkeep/store";
import { describe, expect, it } from "vitest";

import { numbers } from "../hostile/workers/numbers.mjs";
import { type Driver, NOW, newKey, open } from "./_stores.ts";

const KEYS = 200;
const AT_ONCE = 64;
const HOUR = 3_600_000;
const CODES: ReadonlySet<unknown> = new Set(["ERR_ABORTED", "ERR_STORE_TIMEOUT"]);

/** What a write leaves: each part names the key and the write, so that parts of different writes are told apart. */
function written(key: string, nth: number) {
  const name = `${key} ${nth}`;
  const writeToken = createHash("sha256").update(name).digest().subarray(0, 16).toString("base64url");
  return { data: `${name} ${"x".repeat((nth * 37) % 3000)}`, writeToken, label: name };
}

/** What is wrong with the record of this key, if anything is. */
function wrongOf(key: string, { data, writeToken, label, version }: StoredRecord): string | undefined {
  const [owner = "", nth = ""] = data.split(" ");
  if (owner !== key) return "foreign";
  const whole = written(key, Number(nth));
  const isWhole = data === whole.data && writeToken === whole.writeToken && label === whole.label && version >= 1;
  return isWhole ? undefined : "half-written";
}

interface Seen {
  dropped: number;
  answered: number;
  /** Writes that were answered, by key: the version that each record has at least. */
  readonly versions: Map<string, number>;
  readonly wrong: Record<string, number>;
}

async function overlap(
  driver: Driver,
  count: number,
  seed: number,
  fault = (store: SessionStore) => store,
): Promise<Seen> {
  const random = numbers(seed);
  const native = open(driver);
  const store = fault(native);
  const keys = Array.from({ length: KEYS }, () => newKey());
  const seen: Seen = { dropped: 0, answered: 0, versions: new Map(), wrong: {} };
  const note = (wrong: string | undefined) => {
    if (wrong !== undefined) seen.wrong[wrong] = (seen.wrong[wrong] ?? 0) + 1;
  };
  const record = (key: string, nth: number) => ({ ...written(key, nth), age: 0, lifetime: { maxAge: HOUR } });
  await Promise.all(keys.map((key) => native.create({ now: NOW }, key, record(key, 0))));
  keys.forEach((key) => seen.versions.set(key, 1));
  let made = 0;

  const act = async (call: StoreCall, key: string, dice: number, nth: number): Promise<void> => {
    const version = seen.versions.get(key) ?? 0;
    if (dice < 0.5) {
      const loaded = await store.load(call, key);
      note(loaded.outcome === "found" ? wrongOf(key, loaded.record) : loaded.outcome);
    } else if (dice < 0.85) {
      const saved = await store.save(call, key, version, written(key, nth));
      if (saved.outcome === "done") seen.versions.set(key, Math.max(saved.version, seen.versions.get(key) ?? 0));
      if (saved.outcome === "conflict") {
        note(wrongOf(key, saved.record));
        seen.versions.set(key, Math.max(saved.record.version, seen.versions.get(key) ?? 0));
      }
      if (saved.outcome === "not-found") note("lost");
    } else if (dice < 0.9) {
      if ((await store.touch(call, key)) !== NOW + HOUR) note("touched another");
    } else if (dice < 0.95) {
      const created = await store.create(call, key, record(key, nth));
      note(created.outcome === "exists" ? undefined : "overwritten");
    } else {
      const [first = key, second = key] = [keys[nth % KEYS], keys[(nth * 7) % KEYS]];
      const loaded = await store.loadMany(call, [first, second]);
      loaded.forEach((each, at) =>
        note(each.outcome === "found" ? wrongOf([first, second][at] ?? "", each.record) : "lost"),
      );
    }
  };

  const one = async (nth: number): Promise<void> => {
    const key = keys[Math.floor(random() * KEYS)] ?? "";
    const dice = random();
    const call: StoreCall = { now: NOW };
    const drop = random();
    const controller = new AbortController();
    if (drop < 0.03) call.signal = controller.signal;
    else if (drop < 0.05) call.deadline = nth % 2;
    const acting = act(call, key, dice, nth);
    if (drop < 0.01) controller.abort();
    else if (drop < 0.02) queueMicrotask(() => controller.abort());
    else if (drop < 0.03) setImmediate(() => controller.abort());
    try {
      await acting;
      seen.answered++;
    } catch (error) {
      seen.dropped++;
      const { code } = error as { code?: unknown };
      if (drop >= 0.05 || !CODES.has(code)) note(`failed with ${String(code)}`);
    }
  };

  const lane = async () => {
    while (made < count) await one(++made);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  const last = await native.loadMany({ now: NOW }, keys);
  last.forEach((loaded, at) => {
    const key = keys[at] ?? "";
    if (loaded.outcome !== "found") return note("lost");
    note(wrongOf(key, loaded.record));
    if (loaded.record.version < (seen.versions.get(key) ?? 0)) note("older than was acknowledged");
  });
  return seen;
}

describe.each([
  ["memory", 200_000],
  ["sqlite", 20_000],
] as const)("of calls on %s, %i in all, one of twenty dropped,", (driver, count) => {
  it("none gets another's answer, and none leaves half a record", { timeout: 300_000 }, async () => {
    const { dropped, answered, wrong } = await overlap(driver, count, 1);
    expect(wrong).toEqual({});
    expect(answered + dropped).toBe(count);
    expect(dropped).toBeGreaterThan(count / 100);
  });
});

it("a store that confuses answers is found out", async () => {
  let calls = 0;
  let last: Promise<unknown> = Promise.resolve({ outcome: "absent" });
  const confused = (store: SessionStore) =>
    new Proxy(store, {
      get(target, property) {
        const value: unknown = Reflect.get(target, property, target);
        if (property !== "load") return typeof value === "function" ? value.bind(target) : value;
        return async (call: StoreCall, key: string) => {
          const loading = target.load(call, key);
          loading.catch(() => undefined);
          // The answer of the call before this one, now and then.
          const confusedWith = last;
          last = loading.catch(() => ({ outcome: "absent" }));
          return ++calls % 1000 === 0 ? confusedWith : loading;
        };
      },
    });
  const { wrong } = await overlap("memory", 20_000, 2, confused);
  expect(wrong["foreign"]).toBeGreaterThan(0);
});
