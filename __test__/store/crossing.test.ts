// How the values of calls stand beside each other on their way to the engine: none is taken for another's.

import { describe, expect, it } from "vitest";

import { codeOf, newKey, newToken, NOW, open, record } from "./_stores.ts";

const call = { now: NOW };
/** Such as no type allows. */
const odd = (value: unknown) => value as never;
const ODD = [
  undefined,
  null,
  7,
  Number.NaN,
  Number.NEGATIVE_INFINITY,
  2 ** 53,
  {},
  [],
  "",
  "\ud800",
  Symbol("odd"),
  7n,
];

describe("a call with an odd value", () => {
  it("is refused or made alone, and those beside it have their own keys and data", async () => {
    const store = open("memory");
    const before = newKey();
    await store.create(call, before, record("before"));
    const good = (key: string, data: string) => store.create(call, key, record(data));
    const made: [key: string, data: string, created: Promise<unknown>][] = [];
    const ended: Promise<unknown>[] = [];
    for (const value of ODD) {
      for (const field of [
        "data",
        "writeToken",
        "userId",
        "authenticated",
        "age",
        "lifetime",
        "label",
        "cap",
        "import",
      ]) {
        ended.push(codeOf(store.create(call, newKey(), { ...record("odd"), [field]: value })));
        const [key, data] = [newKey(), `${field} ${made.length}`];
        made.push([key, data, good(key, data)]);
      }
      for (const field of ["data", "writeToken", "lifetime", "label"]) {
        ended.push(codeOf(store.save(call, newKey(), 1, { data: "odd", writeToken: newToken(), [field]: value })));
      }
      ended.push(codeOf(store.load(call, odd(value))));
      ended.push(codeOf(store.save(call, before, odd(value), { data: "odd", writeToken: "no token" })));
      ended.push(codeOf(store.delete(call, odd(value), odd(value))));
      ended.push(codeOf(store.regenerate(call, odd(value), 1, before, record("odd"), 1)));
      ended.push(codeOf(store.revoke(call, "bob", { except: odd(value), tombstone: 1, keep: odd(value) })));
      ended.push(codeOf(store.load({ now: odd(value), deadline: odd(value) }, before)));
      const [key, data] = [newKey(), `behind ${made.length}`];
      made.push([key, data, good(key, data)]);
    }
    for (const [, , created] of made) expect(await created).toMatchObject({ outcome: "done" });
    for (const [key, data] of made) expect(await store.load(call, key)).toMatchObject({ record: { data } });
    expect(await store.load(call, before)).toMatchObject({ record: { data: "before", version: 1 } });
    expect(new Set(await Promise.all(ended))).toContain("ERR_CONFIG");
  });
});

describe("texts of one tick", () => {
  it("come whole, whatever their lengths and letters", async () => {
    const store = open("memory");
    const letters = ["x", "é", "漢", "😀", "x漢x"];
    const lengths = [0, 1, 45, 46, 47, 16_315, 16_316, 16_338, 16_384, 20_000, 32_766, 65_489, 65_490, 65_535, 65_536];
    const texts = letters.flatMap((letter) => lengths.map((length) => letter.repeat(length).slice(0, length)));
    // A store takes 64 KiB of UTF-8, and no half of a letter.
    const fitting = texts.filter((text) => Buffer.byteLength(text) <= 65_536 && Buffer.from(text).toString() === text);
    expect(fitting.length).toBeGreaterThanOrEqual(40);
    const keys = fitting.map(() => newKey());
    await Promise.all(
      fitting.map((text, at) => store.create(call, keys[at] ?? "", record(text, { label: `${at} ü` }))),
    );
    const loaded = await Promise.all(keys.map((key) => store.load(call, key)));
    for (const [at, text] of fitting.entries()) {
      expect(loaded[at]).toMatchObject({ outcome: "found", record: { data: text, label: `${at} ü` } });
    }
  });

  it("are not mixed by getters that make calls of their own", async () => {
    const store = open("memory");
    const [outer, inner] = [newKey(), newKey()];
    const others: Promise<unknown>[] = [];
    const meddling = <T extends object>(values: T): T => {
      const descriptors = Object.entries(values).map(([name, value]) => {
        const get = () => {
          others.push(store.load(call, inner), store.create(call, newKey(), record("another")));
          return value as unknown;
        };
        return [name, { get, enumerable: true }];
      });
      return Object.create(null, Object.fromEntries(descriptors)) as T;
    };
    await store.create(call, inner, record("inner"));
    const given = record("outer", { label: "label", lifetime: meddling({ maxAge: 1000, idle: 500 }) });
    await store.create(meddling({ now: NOW, deadline: 20_000 }), outer, meddling(given));
    await store.save(meddling({ now: NOW }), outer, 1, meddling({ data: "saved", writeToken: newToken() }));
    expect(await store.load(call, outer)).toMatchObject({
      record: { data: "saved", label: "label", version: 2, idle: 500 },
    });
    expect(others.length).toBeGreaterThan(20);
    const answers = (await Promise.all(others)) as { outcome: string; record?: { data: string } }[];
    for (const { outcome, record: found } of answers) expect(outcome === "done" || found?.data === "inner").toBe(true);
  });
});
