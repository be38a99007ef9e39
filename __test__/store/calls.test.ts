// Every call of a store through JavaScript: what goes in comes out, to the character and the millisecond.

import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { codeOf, configOf, DRIVERS, folder, NOW, newKey, newToken, open, record } from "./_stores.ts";
import { createStore } from "ironkeep/store";

const call = { now: NOW };
const MINUTE = 60_000;
const TEXTS = [
  "",
  "{}",
  '{"a":"é"}',
  '{"a":"漢字 😀"}',
  "\ufeff{}",
  "\0\u0001\u007f\u0080\u00ff",
  `"${"x".repeat(65_000)}"`,
];

describe.each(DRIVERS)("%s", (driver) => {
  it("loads, ends and removes thousands in one call, while other calls go on", async () => {
    const store = open(driver);
    // SQLite sweeps what the system's clock calls expired too.
    const then = { now: 1000 };
    const keys = Array.from({ length: 5000 }, () => newKey());
    for (let from = 0; from < keys.length; from += 1000) {
      await Promise.all(keys.slice(from, from + 1000).map((key) => store.create(then, key, record(key))));
    }
    const [loaded, one] = await Promise.all([store.loadMany(then, keys), store.load(then, keys[0] as string)]);
    expect(loaded.map((each) => each.outcome === "found" && each.record.data)).toEqual(keys);
    expect(one.outcome).toBe("found");
    const [ended, left] = [keys.slice(0, 3000), keys.slice(3000)];
    const stays = left[0] as string;
    const [count, other] = await Promise.all([
      store.deleteMany(then, ended, MINUTE),
      store.save(then, stays, 1, { data: "2", writeToken: newToken() }),
    ]);
    expect([count, other.outcome]).toEqual([3000, "done"]);
    const late = { now: 3 * 3_600_000 };
    // The sessions, and the tombstones of the others.
    expect(await store.deleteExpired(late, 10_000)).toBe(left.length);
  });

  it("says its name", () => {
    expect(open(driver).driver).toBe(driver);
  });

  it("gives a record back with all that it was given", async () => {
    const store = open(driver);
    const key = newKey("ann");
    const given = record('{"n":1}', {
      userId: "ann",
      label: "Änne's phone",
      authenticated: 5000,
      age: 7000,
      lifetime: { maxAge: 2 * MINUTE, idle: MINUTE },
    });
    expect(await store.create(call, key, given)).toEqual({ outcome: "done", expiresAt: NOW + MINUTE, evicted: [] });
    expect(await store.load(call, key)).toEqual({
      outcome: "found",
      record: {
        data: '{"n":1}',
        version: 1,
        writeToken: given.writeToken,
        userId: "ann",
        createdAt: NOW - 7000,
        lastSeenAt: NOW,
        authenticatedAt: NOW - 5000,
        expiresAt: NOW + MINUTE,
        absoluteExpiresAt: NOW + 2 * MINUTE,
        idle: MINUTE,
        label: "Änne's phone",
      },
    });
  });

  it("gives a record without anything optional back as such", async () => {
    const store = open(driver);
    const key = newKey();
    const given = record("x");
    await store.create(call, key, given);
    const expiresAt = NOW + 3_600_000;
    expect(await store.load(call, key)).toEqual({
      outcome: "found",
      record: {
        data: "x",
        version: 1,
        writeToken: given.writeToken,
        createdAt: NOW,
        lastSeenAt: NOW,
        expiresAt,
        absoluteExpiresAt: expiresAt,
      },
    });
  });

  it.each(TEXTS.map((text) => [JSON.stringify(text).slice(0, 30), text]))(
    "keeps %s to the character",
    async (_, text) => {
      const store = open(driver);
      const key = newKey();
      await store.create(call, key, record(text, { label: text.slice(0, 100) }));
      expect(await store.load(call, key)).toMatchObject({ record: { data: text, label: text.slice(0, 100) } });
    },
  );

  it("creates once, and says who wrote", async () => {
    const store = open(driver);
    const key = newKey();
    const first = record("1");
    await store.create(call, key, first);
    expect(await store.create(call, key, record("2"))).toEqual({ outcome: "exists", writeToken: first.writeToken });
  });

  it("saves the version that is expected, and shows the record on another", async () => {
    const store = open(driver);
    const key = newKey();
    await store.create(call, key, record("1", { lifetime: { maxAge: MINUTE, idle: 1000 } }));
    const later = { now: NOW + 500 };
    const change = { data: "2", writeToken: newToken(), label: "home" };
    expect(await store.save(later, key, 1, change)).toEqual({ outcome: "done", version: 2, expiresAt: NOW + 1500 });
    expect(await store.save(later, key, 1, { data: "3", writeToken: newToken() })).toMatchObject({
      outcome: "conflict",
      record: { data: "2", version: 2, writeToken: change.writeToken, label: "home" },
    });
    const longer = { data: "3", writeToken: newToken(), lifetime: { maxAge: 2 * MINUTE } };
    expect(await store.save(later, key, 2, longer)).toEqual({
      outcome: "done",
      version: 3,
      expiresAt: NOW + 500 + 2 * MINUTE,
    });
    expect(await store.save(call, newKey(), 1, change)).toEqual({ outcome: "not-found" });
  });

  it("touches, deletes, and remembers that a session ended", async () => {
    const store = open(driver);
    const [key, other] = [newKey(), newKey()];
    await store.create(call, key, record("1", { lifetime: { maxAge: MINUTE, idle: 1000 } }));
    expect(await store.touch({ now: NOW + 10 }, key)).toBe(NOW + 1010);
    expect(await store.touch(call, other)).toBeNull();
    expect(await store.delete(call, key, MINUTE)).toBe(true);
    expect(await store.delete(call, key, MINUTE)).toBe(false);
    expect(await store.load(call, key)).toEqual({ outcome: "ended" });
    expect(await store.load(call, other)).toEqual({ outcome: "absent" });
    expect(await store.create(call, key, record("2"))).toEqual({ outcome: "ended" });
  });

  it("regenerates: the old one ends and the new one begins", async () => {
    const store = open(driver);
    const [from, to, other] = [newKey("ann"), newKey("ann"), newKey("ann")];
    await store.create(call, from, record("1", { userId: "ann" }));
    const begun = record("2", { userId: "ann" });
    expect(await store.regenerate(call, from, 2, to, begun, MINUTE)).toMatchObject({
      outcome: "conflict",
      record: { data: "1", version: 1 },
    });
    expect(await store.regenerate(call, other, 1, to, begun, MINUTE)).toEqual({ outcome: "not-found" });
    expect(await store.regenerate(call, from, 1, to, begun, MINUTE)).toMatchObject({ outcome: "done", evicted: [] });
    expect(await store.loadMany(call, [from, to, other])).toMatchObject([
      { outcome: "ended" },
      { outcome: "found", record: { data: "2" } },
      { outcome: "absent" },
    ]);
  });

  it("keeps a user's cap, lists, counts and revokes", async () => {
    const store = open(driver);
    const keys = [newKey("ann"), newKey("ann"), newKey("ann")] as const;
    for (const [index, key] of keys.entries()) {
      const cap = { max: 2, onFull: "evict-oldest" as const, tombstone: MINUTE };
      const created = await store.create(
        { now: NOW + index },
        key,
        record("{}", { userId: "ann", label: `${index}`, cap }),
      );
      expect(created).toMatchObject({ outcome: "done", evicted: index === 2 ? [keys[0]] : [] });
    }
    const refused = record("{}", { userId: "ann", cap: { max: 2, onFull: "refuse" } });
    expect(await store.create(call, newKey("ann"), refused)).toEqual({ outcome: "full" });
    const at = { now: NOW + 2 };
    expect(await store.count(at, "ann")).toBe(2);
    const listed = (index: number) => ({
      key: keys[index],
      createdAt: NOW + index,
      lastSeenAt: NOW + index,
      authenticatedAt: NOW + index,
      expiresAt: NOW + index + 3_600_000,
      label: `${index}`,
    });
    expect(await store.list(at, "ann")).toEqual([listed(1), listed(2)]);
    expect(await store.list(at, "bob")).toEqual([]);
    expect(await store.revoke(at, "ann", { except: keys[2], tombstone: MINUTE, keep: MINUTE })).toBe(1);
    expect(await store.list(at, "ann")).toEqual([listed(2)]);
    const stale = record("{}", { userId: "ann", authenticated: 1000 });
    expect(await store.create(at, newKey("ann"), stale)).toEqual({ outcome: "revoked" });
  });

  it("imports once", async () => {
    const store = open(driver);
    const importKey = randomBytes(32).toString("base64url");
    const key = newKey();
    const tag = Buffer.from(key, "base64url").subarray(0, 2).toString("base64url");
    expect(await store.beginImport(call, importKey, tag, MINUTE)).toEqual({ outcome: "open", tag });
    expect(await store.create(call, key, record("1", { import: importKey }))).toMatchObject({ outcome: "done" });
    expect(await store.beginImport(call, importKey, tag, MINUTE)).toEqual({ outcome: "done", tag });
    const never = randomBytes(32).toString("base64url");
    expect(await store.endImport(call, never, MINUTE)).toBeUndefined();
    expect(await store.beginImport(call, never, tag, MINUTE)).toEqual({ outcome: "done" });
  });

  it("deletes many, and what has expired, at most as many as it is told", async () => {
    const store = open(driver);
    const keys = Array.from({ length: 20 }, () => newKey());
    // SQLite sweeps what the system's clock calls expired too.
    const long = { now: 1000 };
    await Promise.all(keys.map((key) => store.create(long, key, record("{}", { lifetime: { maxAge: 1000 } }))));
    expect(await store.deleteMany(long, [...keys.slice(0, 5), newKey()], 10)).toBe(5);
    expect(await store.deleteMany(long, [], 10)).toBe(0);
    expect(await store.loadMany(long, [])).toEqual([]);
    const removed = await store.deleteExpired({ now: 10_000 }, 8);
    expect(removed).toBeGreaterThan(0);
    expect(removed).toBeLessThanOrEqual(8);
  });

  it("refuses data over its limit by code, and says what is wrong with an argument by name", async () => {
    const store = open(driver, { maxData: 100 });
    const odd = (value: unknown) => value as string;
    const refused = store.create(call, newKey(), record("x".repeat(101)));
    await expect(refused).rejects.toMatchObject({ code: "ERR_SESSION_TOO_LARGE" });
    const wrongs: [Promise<unknown>, RegExp][] = [
      [store.load(call, "short"), /^key: /],
      [store.load(call, odd(5)), /^key: /],
      [store.load({ now: odd("now") as unknown as number }, newKey()), /^now: /],
      [store.load({ now: NOW, deadline: Number.NaN }, newKey()), /^deadline: /],
      [store.load({ now: NOW, signal: odd({}) as unknown as AbortSignal }, newKey()), /^signal: /],
      [store.create(call, newKey(), record(odd(5))), /^data: /],
      [store.create(call, newKey(), record("\ud800")), /^data: /],
      [store.create(call, newKey(), record("", { writeToken: "AA" })), /^writeToken: /],
      [store.create(call, newKey(), record("", { age: -1 })), /^age: /],
      [store.create(call, newKey(), record("", { cap: { max: 0, onFull: "refuse" } })), /^cap.max: /],
      [store.save(call, newKey(), 0.5, { data: "", writeToken: newToken() }), /^expected: /],
      [store.count(call, "\udc00"), /^userId: /],
      [store.deleteExpired(call, -1), /^limit: /],
      [store.loadMany(call, [newKey(), "x"]), /^key: /],
      [store.beginImport(call, "x", "AAA", 1), /^import: /],
    ];
    // At once, since some reject before others are answered.
    await Promise.all(
      wrongs.map(([wrong, message]) =>
        expect(wrong).rejects.toMatchObject({
          code: "ERR_CONFIG",
          message: expect.stringMatching(message) as string,
        }),
      ),
    );
  });

  it("is closed once for all, and disposed of as well", async () => {
    const store = createStore(configOf(driver));
    const key = newKey();
    await store.create(call, key, record("{}"));
    await store.close();
    await store.close();
    expect(await codeOf(store.load(call, key))).toBe("ERR_STORE_CLOSED");
    expect(await codeOf(store.create(call, newKey(), record("{}")))).toBe("ERR_STORE_CLOSED");
    await store[Symbol.asyncDispose]();
  });
});

describe("a store in memory with a snapshot", () => {
  it("has its sessions again, and what had ended stays so", async () => {
    const snapshot = join(folder(), "sessions.snapshot");
    const config = { driver: "memory", snapshot } as const;
    const now = Date.now();
    const [key, ended] = [newKey("ann"), newKey("ann")];
    const first = createStore(config);
    await first.create({ now }, key, record("{}", { userId: "ann" }));
    await first.delete({ now }, ended, MINUTE);
    await first.close();
    const again = createStore(config);
    expect(await again.list({ now }, "ann")).toMatchObject([{ key }]);
    expect(await again.load({ now }, ended)).toEqual({ outcome: "ended" });
    await again.close();
  });

  it("that cannot be read is not made", () => {
    const snapshot = join(folder(), "sessions.snapshot");
    writeFileSync(snapshot, "something else");
    const make = () => createStore({ driver: "memory", snapshot });
    expect(make).toThrow(expect.objectContaining({ code: "ERR_STORE_CORRUPT" }));
  });
});
