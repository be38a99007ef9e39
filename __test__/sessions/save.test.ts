// What is written, and when.

import { describe, expect, it } from "vitest";
import { z } from "zod";

import { counted, engine, failure, makeSessions, MapStore, storeError, around } from "./_sessions.ts";

const { createSession, destroySession, extendSession, newSession, openById, replaceSession, saveFlash, saveSession } =
  engine;

async function begun(data: Record<string, unknown> = {}, made = makeSessions()) {
  const session = newSession();
  Object.assign(session.data, data);
  await createSession(made.stored, session);
  const read = async () => (await openById(made.stored, session.id)).data;
  return { ...made, session, read, another: () => openById(made.stored, session.id) };
}

describe("a new session", () => {
  it("is in no store before something is written", async () => {
    const { store, calls } = counted(new MapStore());
    const { stored } = makeSessions({ store });
    const session = newSession();
    session.data["draft"] = 1;
    expect(calls).toEqual({});
    await saveSession(stored, session);
    expect(calls).toEqual({ create: 1 });
    expect(session).toMatchObject({ status: "stored", needsCookie: true, data: { draft: 1 } });
  });

  it("is one, whoever of a request writes first", async () => {
    const { store, calls } = counted(new MapStore());
    const { stored } = makeSessions({ store });
    const session = newSession();
    await Promise.all([1, 2, 3, 4].map((n) => saveSession(stored, session, { [`k${n}`]: n })));
    expect(calls).toEqual({ create: 1, save: 3 });
    expect((await openById(stored, session.id)).data).toEqual({ k1: 1, k2: 2, k3: 3, k4: 4 });
  });

  it("keeps what is changed directly while its first write is under way", async () => {
    const { stored } = makeSessions();
    const session = newSession();
    const writing = saveSession(
      stored,
      session,
      async () => new Promise<object>((resolve) => setImmediate(resolve, { a: 1 })),
    );
    await Promise.resolve();
    session.data["direct"] = 1;
    await writing;
    expect(session.data).toEqual({ a: 1, direct: 1 });
    await saveSession(stored, session);
    expect((await openById(stored, session.id)).data).toEqual({ a: 1, direct: 1 });
  });

  it("lives as long as its first write says", async () => {
    const { stored } = makeSessions({ idleTimeout: 600 });
    const session = newSession();
    await extendSession(stored, session, { maxAge: 50, idleTimeout: 30, label: "kiosk" });
    const read = await openById(stored, session.id);
    for (const each of [session, read]) expect(each).toMatchObject({ idle: 30_000, label: "kiosk" });
    expect(read.absoluteExpiresAt - read.createdAt).toBe(50_000);
  });

  it("that could not be stored is as it was", async () => {
    const broken = around(new MapStore(), () => Promise.reject(storeError("ERR_SESSION_TOO_LARGE")));
    const { stored } = makeSessions({ store: broken });
    const session = newSession();
    session.data["list"] = [1];
    const push = ({ list }: { list?: number[] }) => void list?.push(2);
    expect(await failure(saveSession(stored, session, push))).toMatchObject({ code: "ERR_SESSION_TOO_LARGE" });
    expect(session).toMatchObject({ status: "new", id: "", data: { list: [1] } });
  });
});

describe("a write", () => {
  it("is none when nothing changed", async () => {
    const counting = counted(new MapStore());
    const { stored, session } = await begun({ a: 1, b: { c: [1] } }, makeSessions({ store: counting.store }));
    await saveSession(stored, session);
    await saveSession(stored, session, { a: 1 });
    await saveSession(stored, session, (data) => ({ b: { c: [...data["b"].c] } }));
    await replaceSession(stored, session, { b: { c: [1] }, a: 1 });
    expect(counting.calls).toEqual({ create: 1 });
    session.data["b"].c.push(2);
    await saveSession(stored, session);
    expect(counting.calls).toEqual({ create: 1, save: 1 });
  });

  it("is of partials, functions, async functions, and of data that was changed directly, deep inside too", async () => {
    const { stored, session, read } = await begun({ keep: 1, deep: { list: [1] }, gone: 1, off: 1 });
    session.data["deep"].list.push(2);
    delete session.data["gone"];
    await saveSession(stored, session, { partial: true, off: undefined });
    await saveSession(stored, session, (data) => void (data["inPlace"] = data["keep"] + 1));
    await saveSession(stored, session, async (data) => ({ given: data["inPlace"] + 1 }));
    const expected = { keep: 1, deep: { list: [1, 2] }, partial: true, inPlace: 2, given: 3 };
    expect(await read()).toEqual(expected);
    expect({ ...session.data }).toEqual(expected);
  });

  it("sees what the one before it left, also when that waits", async () => {
    const { stored, session, read } = await begun({ n: 0 });
    const slow = async (data: { n?: number }) => {
      await new Promise(setImmediate);
      return { n: (data.n ?? 0) + 1 };
    };
    await Promise.all(Array.from({ length: 10 }, () => saveSession(stored, session, slow)));
    expect(await read()).toEqual({ n: 10 });
  });

  it("leaves what a handler changes meanwhile to the next", async () => {
    const { stored, session, read } = await begun({ a: 0, b: 0 });
    const saving = saveSession(stored, session, async () => {
      session.data["b"] = "later";
      return { a: 1 };
    });
    await saving;
    expect(await read()).toEqual({ a: 1, b: 0 });
    expect({ ...session.data }).toEqual({ a: 1, b: "later" });
    await saveSession(stored, session);
    expect(await read()).toEqual({ a: 1, b: "later" });
  });

  it("that fails changes nothing, neither here nor there", async () => {
    const { stored, session, read } = await begun({ list: [1] });
    const failing = saveSession(stored, session, (data) => {
      data["list"].push(2);
      throw new Error("planted");
    });
    expect((await failure(failing)).message).toBe("planted");
    expect(await read()).toEqual({ list: [1] });
    expect({ ...session.data }).toEqual({ list: [1] });
    const cycle: Record<string, unknown> = {};
    cycle["cycle"] = cycle;
    expect(await failure(saveSession(stored, session, { cycle }))).toMatchObject({ code: "ERR_CONFIG" });
    expect({ ...session.data }).toEqual({ list: [1] });
  });

  it("of an ended session is refused, whatever it would change", async () => {
    const { stored, session, another } = await begun({ a: 1 });
    const other = await another();
    await destroySession(stored, session);
    const writes = [
      () => saveSession(stored, session, { a: 2 }),
      () => saveSession(stored, other, { a: 2 }),
      () => saveSession(stored, other, { a: 1 }),
      () => engine.regenerateSession(stored, other, { userId: "ada" }),
      () => saveSession(stored, engine.endedSession(), { a: 2 }),
    ];
    for (const write of writes) expect(await failure(write())).toMatchObject({ code: "ERR_SESSION_NOT_FOUND" });
    expect((await another()).status).toBe("ended");
  });

  it("of one that waits for another of the same session object is told so", async () => {
    const { stored, session } = await begun();
    const { vi } = await import("vitest");
    vi.useFakeTimers({ toFake: ["setTimeout"] });
    const nested = failure(
      saveSession(stored, session, async () => {
        await saveSession(stored, session, { inner: 1 });
      }),
    );
    await vi.advanceTimersByTimeAsync(31_000);
    expect(await nested).toMatchObject({ code: "ERR_CONFIG" });
    vi.useRealTimers();
  });
});

describe("keys", () => {
  it("that name a prototype stay keys, and pollute nothing", async () => {
    const { stored, session, another } = await begun();
    const evil = JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}') as object;
    await saveSession(stored, session, evil);
    await saveSession(stored, session, () => JSON.parse('{"deep":{"__proto__":{"polluted":1}}}') as object);
    const { data } = await another();
    expect(Object.keys(data)).toEqual(["__proto__", "constructor", "deep"]);
    expect(Object.getPrototypeOf(data)).toBeNull();
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
    expect((session as unknown as Record<string, unknown>)["polluted"]).toBeUndefined();
    expect(JSON.stringify(data)).toBe(
      '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"deep":{"__proto__":{"polluted":1}}}',
    );
  });
});

describe("flash values", () => {
  it("are kept beside the data, and are no part of it", async () => {
    const { stored, session, another } = await begun({ a: 1 });
    await saveFlash(stored, session, (flash) => void (flash["note"] = "saved"));
    const other = await another();
    expect({ ...other.data }).toEqual({ a: 1 });
    expect({ ...other.flash }).toEqual({ note: "saved" });
    await saveSession(stored, other, { a: 2 });
    await saveFlash(stored, other, (flash) => void delete flash["note"]);
    expect({ ...(await another()).flash }).toEqual({});
  });
});

describe("a schema", () => {
  const schema = z.object({
    n: z.number().max(3).default(0),
    at: z
      .string()
      .transform((text) => text.trim())
      .optional(),
  });

  it("that makes another type of a value is asked once for each write", async () => {
    const { store, calls } = counted(new MapStore());
    const dates = z.object({
      at: z
        .string()
        .transform((text) => new Date(text))
        .optional(),
    });
    const { stored } = makeSessions({ store, schema: dates });
    const session = newSession();
    await saveSession(stored, session, { at: "2026-01-01" });
    expect(session.data["at"]).toEqual(new Date("2026-01-01"));
    await saveSession(stored, session, (data) => ({ at: new Date(data["at"].getTime() + 1) }));
    expect((await openById(stored, session.id)).data).toEqual({ at: new Date("2026-01-01T00:00:00.001Z") });
    expect(calls).toEqual({ create: 1, save: 1, load: 1 });
  });

  it("is asked before anything is written, and what it makes of the data is what is written", async () => {
    const { stored, session, read } = await begun({}, makeSessions({ schema }));
    expect({ ...session.data }).toEqual({ n: 0 });
    await saveSession(stored, session, { at: " noon " });
    expect(await read()).toEqual({ n: 0, at: "noon" });
    expect(await failure(saveSession(stored, session, { n: 4 }))).toMatchObject({ code: "ERR_SCHEMA" });
    expect({ ...session.data }).toEqual({ n: 0, at: "noon" });
    session.data["n"] = 5;
    expect(await failure(saveSession(stored, session))).toMatchObject({ code: "ERR_SCHEMA" });
    expect(await read()).toEqual({ n: 0, at: "noon" });
  });
});
