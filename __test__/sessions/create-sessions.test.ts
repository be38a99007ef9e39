// The sessions of a store as an app has them, without an event.

import { createKeyring } from "ironkeep";
import { createSessions } from "ironkeep/sessions";
import { describe, expect, it, vi } from "vitest";
import { z } from "zod";

import { captureWarnings } from "../h3/_warnings.ts";
import { counted, failure, makeSessions, MapStore, PASSWORD, stopClock } from "./_sessions.ts";

describe("createSessions", () => {
  it("makes, reads, changes and ends sessions", async () => {
    stopClock();
    const { sessions } = makeSessions();
    const made = await sessions.create({ n: 1 }, { userId: "ada", label: "phone" });
    expect(made).toMatchObject({ data: { n: 1 }, userId: "ada", label: "phone", authenticatedAt: made.createdAt });
    expect(await sessions.get(made.id)).toEqual(made);
    expect((await sessions.update(made.id, { m: 2 })).data).toEqual({ n: 1, m: 2 });
    expect((await sessions.update(made.id, ({ n }) => ({ n: n + 1 }))).data).toEqual({ n: 2, m: 2 });
    const moved = await sessions.regenerate(made.id);
    expect(await sessions.get(made.id)).toBeUndefined();
    expect(await sessions.get(moved.id)).toMatchObject({ data: { n: 2, m: 2 }, userId: "ada" });
    expect([await sessions.delete(moved.id), await sessions.delete(moved.id)]).toEqual([true, false]);
    expect(await sessions.get(moved.id)).toBeUndefined();
  });

  it("says that a session is not there to who writes it", async () => {
    const { sessions } = makeSessions();
    const { id } = await sessions.create();
    await sessions.delete(id);
    for (const odd of [id, "", "x".repeat(46), "__proto__"]) {
      const writes = [sessions.update(odd, { a: 1 }), sessions.regenerate(odd), sessions.extend(odd)];
      for (const error of await Promise.all(writes.map(failure))) {
        expect(error).toMatchObject({ code: "ERR_SESSION_NOT_FOUND" });
      }
      expect(await sessions.get(odd)).toBeUndefined();
      expect(await sessions.delete(odd)).toBe(false);
    }
  });

  it("reads and ends many in one call of the store", async () => {
    const { store, calls } = counted(new MapStore());
    const { sessions } = makeSessions({ store });
    const ids: string[] = [];
    for (let n = 0; n < 5; n++) ids.push((await sessions.create({ n })).id);
    const asked = [ids[3] as string, "no id", ids[0] as string, ids[3] as string];
    const found = await sessions.getMany(asked);
    expect(found.map((session) => session?.data["n"] as unknown)).toEqual([3, undefined, 0, 3]);
    expect(await sessions.deleteMany([...ids.slice(1), "no id"])).toBe(4);
    expect(await sessions.getMany(ids)).toMatchObject([{ data: { n: 0 } }, undefined, undefined, undefined, undefined]);
    expect(calls).toEqual({ create: 5, loadMany: 2, deleteMany: 1 });
  });

  it("removes what is over, so many at a time", async () => {
    const clock = stopClock();
    const { sessions } = makeSessions({ maxAge: 10 });
    for (let n = 0; n < 5; n++) await sessions.create();
    clock.pass(10);
    expect([await sessions.cleanup({ limit: 3 }), await sessions.cleanup(), await sessions.cleanup()]).toEqual([
      3, 2, 0,
    ]);
    expect(await failure(sessions.cleanup({ limit: 0 }))).toMatchObject({ code: "ERR_CONFIG" });
  });

  it("gives a cookie that opens the session, and an id that does not", async () => {
    const { sessions } = makeSessions();
    const { id } = await sessions.create({ n: 1 });
    const cookie = await sessions.cookie(id);
    expect(await sessions.validate(cookie)).toMatchObject({ id, data: { n: 1 } });
    expect(await sessions.validate(id)).toBeUndefined();
    expect(await sessions.validate("")).toBeUndefined();
    expect(await failure(sessions.cookie("no id"))).toMatchObject({ code: "ERR_CONFIG" });
  });

  it("keeps ids and cookies out of the store", async () => {
    const written: string[] = [];
    const store = new Proxy(new MapStore(), {
      get(target, property) {
        const value: unknown = Reflect.get(target, property, target);
        if (typeof value !== "function") return value;
        return (...args: unknown[]) => {
          written.push(JSON.stringify(args));
          return value.apply(target, args) as unknown;
        };
      },
    });
    const { sessions } = makeSessions({ store });
    const { id } = await sessions.create({ planted: "needle" }, { userId: "ada" });
    const moved = await sessions.regenerate(id);
    const cookies = [await sessions.cookie(id), await sessions.cookie(moved.id)];
    await sessions.validate(cookies[1] as string);
    await sessions.delete(moved.id);
    const all = written.join("\n");
    expect(all).toContain("needle");
    for (const secret of [id, moved.id, ...cookies, ...cookies.map((cookie) => cookie.split(".")[2] as string)]) {
      expect(all).not.toContain(secret);
      expect(all).not.toContain(Buffer.from(secret, "base64url").toString("hex"));
    }
  });

  it("has the types of a schema", async () => {
    const { store } = makeSessions();
    const schema = z.object({ n: z.number().default(1) });
    const sessions = createSessions({ store, password: PASSWORD, schema });
    const made = await sessions.create();
    const n: number | undefined = made.data.n;
    expect(n).toBe(1);
    expect(await failure(sessions.update(made.id, { n: "no" as never }))).toMatchObject({ code: "ERR_SCHEMA" });
  });
});

describe("events", () => {
  it("tell of all that happens, in order", async () => {
    const clock = stopClock();
    const { sessions } = makeSessions({ maxAge: 60 });
    const told: string[] = [];
    for (const name of ["created", "updated", "regenerated", "destroyed", "expired", "revoked"] as const) {
      sessions.on(name, () => told.push(name));
    }
    const { id } = await sessions.create({}, { userId: "ada" });
    await sessions.update(id, { a: 1 });
    await sessions.update(id, { a: 1 });
    const moved = await sessions.regenerate(id, { userId: "ada" });
    await sessions.extend(moved.id);
    await sessions.delete(moved.id);
    await sessions.delete(moved.id);
    const cookie = await sessions.cookie((await sessions.create()).id);
    clock.pass(60);
    await sessions.validate(cookie);
    await sessions.revoke("ada");
    expect(told).toEqual([
      "created",
      "updated",
      "regenerated",
      "updated",
      "destroyed",
      "created",
      "expired",
      "revoked",
    ]);
  });

  it("name each session of many that are ended together, and none that was not there", async () => {
    const { sessions } = makeSessions();
    const told: (string | undefined)[] = [];
    const ids = await Promise.all([1, 2, 3].map(async () => (await sessions.create()).id));
    await sessions.delete(ids[1] as string);
    sessions.on("destroyed", ({ id }) => told.push(id));
    expect(await sessions.deleteMany([...ids, ids[0] as string, "no id"])).toBe(2);
    expect(new Set(told)).toEqual(new Set([ids[0], ids[2]]));
    expect(told).toHaveLength(2);
  });

  it("reach who listens to the same store, name and audience, until he stops", async () => {
    const { store, sessions } = makeSessions();
    const same = makeSessions({ store }).sessions;
    const others = [{ name: "admin" }, { audience: "a" }, { name: "h", audience: "3" }];
    const told: string[] = [];
    const stop = same.on("created", () => told.push("same"));
    for (const other of others) makeSessions({ store, ...other }).sessions.on("created", () => told.push("other"));
    await sessions.create();
    stop();
    await sessions.create();
    expect(told).toEqual(["same"]);
  });

  it("are not harmed by a listener that throws, nor is the session", async () => {
    const warnings = captureWarnings();
    const { sessions } = makeSessions();
    const told: string[] = [];
    sessions.on("created", () => {
      throw new Error("apple");
    });
    sessions.on("created", async () => {
      throw new Error("pear");
    });
    sessions.on("created", (event) => {
      Object.assign(event, { handle: "changed" });
    });
    sessions.on("created", ({ handle }) => told.push(handle));
    const made = await sessions.create({ n: 1 });
    await new Promise(setImmediate);
    expect(told).toEqual([made.handle]);
    expect(await sessions.get(made.id)).toMatchObject({ data: { n: 1 } });
    expect(warnings.join()).toContain("A listener of the session event");
    expect(warnings.join()).not.toMatch(/apple|pear/);
    vi.restoreAllMocks();
  });
});

describe("close", () => {
  it("closes the store, once or twice, and at the end of a block", async () => {
    const { sessions } = makeSessions();
    const { id } = await sessions.create();
    await sessions.close();
    await sessions.close();
    const calls = [
      () => sessions.create(),
      () => sessions.get(id),
      () => sessions.getMany([id]),
      () => sessions.update(id, { a: 1 }),
      () => sessions.delete(id),
      () => sessions.deleteMany([id]),
      () => sessions.list("ada"),
      () => sessions.revoke("ada"),
      () => sessions.cleanup(),
    ];
    for (const call of calls) expect(await failure(call())).toMatchObject({ code: "ERR_STORE_CLOSED" });
    const made = makeSessions();
    {
      await using scoped = made.sessions;
      await scoped.create();
    }
    expect(await failure(made.sessions.create())).toMatchObject({ code: "ERR_STORE_CLOSED" });
  });
});

describe("options", () => {
  const store = new MapStore();
  it.each<[string, object, string]>([
    ["without a store", { password: PASSWORD }, "ERR_CONFIG"],
    ["with what is no store", { store: {}, password: PASSWORD }, "ERR_CONFIG"],
    ["with one that does not exist", { store, password: PASSWORD, maxage: 1 }, "ERR_CONFIG"],
    ["with a typed password", { store, password: "a-password-of-at-least-32-characters" }, "ERR_KEY_WEAK"],
    ["with few bytes", { store, password: new Uint8Array(32) }, "ERR_KEY_WEAK"],
    ["with a negative maxAge", { store, password: PASSWORD, maxAge: -1 }, "ERR_CONFIG"],
    ["with a maxAge that is no number", { store, password: PASSWORD, maxAge: Number.NaN }, "ERR_CONFIG"],
    ["with an idleTimeout that is text", { store, password: PASSWORD, idleTimeout: "1h" }, "ERR_CONFIG"],
    ["with a tombstone that is no time", { store, password: PASSWORD, tombstone: -5 }, "ERR_CONFIG"],
    ["with a deadline of none", { store, password: PASSWORD, deadline: 0 }, "ERR_CONFIG"],
    ["with another onConflict", { store, password: PASSWORD, onConflict: "retry" }, "ERR_CONFIG"],
    ["with another onInvalid", { store, password: PASSWORD, onInvalid: "ignore" }, "ERR_CONFIG"],
    ["with half a character", { store, password: PASSWORD, name: "\ud800" }, "ERR_CONFIG"],
  ])("%s are refused at once", (_, options, code) => {
    expect(() => createSessions(options as never)).toThrow(expect.objectContaining({ code }));
  });

  it("that are near to one say which", () => {
    expect(() => createSessions({ store, password: PASSWORD, maxage: 1 } as never)).toThrow(/did you mean "maxAge"/);
  });

  it("may have a ring, from which the key that made a cookie may go", async () => {
    const keys = [{ id: "k1", secret: PASSWORD }];
    using ring = createKeyring({ keys: () => keys, refreshInterval: 0 });
    const { sessions } = makeSessions({ password: ring });
    const cookie = await sessions.cookie((await sessions.create()).id);
    expect(cookie.startsWith("k1.")).toBe(true);
    keys[0] = { id: "k2", secret: "qW3eR5tY7uI9oP1aS2dF4gH6jK8lZ0xC" };
    await ring.refresh();
    expect(await sessions.validate(cookie)).toBeUndefined();
  });
});
