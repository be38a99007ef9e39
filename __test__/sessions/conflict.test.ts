// Two who change one session at the same time.

import { describe, expect, it } from "vitest";
import { z } from "zod";

import { around, engine, failure, makeSessions, MapStore, withoutPauses } from "./_sessions.ts";

const { createSession, newSession, openById, regenerateSession, replaceSession, saveFlash, saveSession } = engine;

type Options = Parameters<typeof makeSessions>[0];

/** Two requests that have read the same version, and the events that come of it. */
async function two(data: Record<string, unknown>, options: Options = {}) {
  withoutPauses();
  const made = makeSessions(options);
  const session = newSession();
  Object.assign(session.data, data);
  await createSession(made.stored, session);
  const open = () => openById(made.stored, session.id);
  const events: unknown[] = [];
  made.sessions.on("conflict", ({ id, handle, keys, outcome }) => {
    expect([id, handle]).toEqual([session.id, session.key]);
    events.push([[...keys], outcome]);
  });
  return { ...made, mine: await open(), theirs: await open(), read: async () => (await open()).data, events };
}

describe("a function", () => {
  it("runs again on what is there, and both count", async () => {
    const { stored, mine, theirs, read, events } = await two({ n: 0, list: ["a"] });
    const seen: unknown[] = [];
    await saveSession(stored, theirs, ({ n, list }) => ({ n: n + 1, list: [...list, "theirs"] }));
    await saveSession(stored, mine, ({ n, list }) => {
      seen.push(n);
      return { n: n + 1, list: [...list, "mine"] };
    });
    expect(seen).toEqual([0, 1]);
    expect(await read()).toEqual({ n: 2, list: ["a", "theirs", "mine"] });
    expect({ ...mine.data }).toEqual({ n: 2, list: ["a", "theirs", "mine"] });
    expect(events).toEqual([[["n", "list"], "retry"]]);
  });

  it("counts exactly, however many write at once", async () => {
    const { stored, mine, read } = await two({ n: 0 });
    const writers = await Promise.all(Array.from({ length: 20 }, () => openById(stored, mine.id)));
    const add = async (session: typeof mine) => {
      for (let time = 0; time < 10; time++) await saveSession(stored, session, ({ n }) => ({ n: n + 1 }));
    };
    await Promise.all(writers.map(add));
    expect(await read()).toEqual({ n: 200 });
  });

  it("loses a count on a store that does not look at versions: this test can fail", async () => {
    const careless = around(new MapStore(), async (method, run, args) => {
      if (method !== "save") return run();
      const [call, key, , change] = args as Parameters<MapStore["save"]>;
      const loaded = await store.load(call, key);
      return store.save(call, key, loaded.outcome === "found" ? loaded.record.version : 0, change);
    });
    const store = new MapStore();
    const both = around(store, (method, run, args) =>
      method === "save" ? (careless.save as (...all: unknown[]) => Promise<unknown>)(...args) : run(),
    );
    const { stored, mine, theirs, read } = await two({ n: 0 }, { store: both });
    await saveSession(stored, theirs, ({ n }) => ({ n: n + 1 }));
    await saveSession(stored, mine, ({ n }) => ({ n: n + 1 }));
    expect(await read()).toEqual({ n: 1 });
  });
});

describe("a partial", () => {
  it("sets its keys, and leaves those of others", async () => {
    const { stored, mine, theirs, read, events } = await two({ a: 0, b: 0 });
    await saveSession(stored, theirs, { a: "theirs", c: "theirs" });
    await saveSession(stored, mine, { a: "mine", b: "mine" });
    expect(await read()).toEqual({ a: "mine", b: "mine", c: "theirs" });
    expect(events).toEqual([[["a"], "retry"]]);
  });

  it("takes a key away that others wrote, where it says undefined", async () => {
    const { stored, mine, theirs, read } = await two({ a: 0, b: 0 });
    await saveSession(stored, theirs, { a: 1, b: 1 });
    await saveSession(stored, mine, { a: undefined });
    expect(await read()).toEqual({ b: 1 });
  });
});

describe("data that was changed directly", () => {
  it("is merged by keys, with deletions", async () => {
    const { stored, mine, theirs, read, events } = await two({ a: 0, b: 0, c: 0, d: { e: [1] } });
    await saveSession(stored, theirs, (data) => {
      data["a"] = "theirs";
      delete data["c"];
    });
    mine.data["b"] = "mine";
    mine.data["d"].e.push(2);
    await saveSession(stored, mine);
    expect(await read()).toEqual({ a: "theirs", b: "mine", d: { e: [1, 2] } });
    expect({ ...mine.data }).toEqual({ a: "theirs", b: "mine", d: { e: [1, 2] } });
    expect(events).toEqual([[[], "retry"]]);
  });

  it.each([
    ["on both sides", (data: Record<string, unknown>) => void (data["a"] = "theirs")],
    [
      "on both sides to the same, as two that count would",
      (data: Record<string, unknown>) => void (data["a"] = "mine"),
    ],
    ["here, and deleted there", (data: Record<string, unknown>) => void delete data["a"]],
  ])("%s is a conflict, and nothing is written", async (_, change) => {
    const { stored, mine, theirs, read, events } = await two({ a: 0, b: 0 });
    await saveSession(stored, theirs, change);
    const left = await read();
    Object.assign(mine.data, { a: "mine", b: "mine" });
    const error = await failure(saveSession(stored, mine, { c: 1 }));
    expect(error).toMatchObject({ code: "ERR_SESSION_CONFLICT" });
    expect(error.message).not.toMatch(/mine|theirs|"a"/);
    expect(await read()).toEqual(left);
    expect({ ...mine.data }).toEqual({ a: "mine", b: "mine" });
    expect(events).toEqual([[["a"], "refused"]]);
  });

  it("that is only a schema's default is no change", async () => {
    const schema = z.object({ n: z.number().default(0), a: z.number().optional() });
    const { store, mine, theirs, sessions } = await two({});
    const { stored } = makeSessions({ store, schema });
    const [one, other] = [await openById(stored, mine.id), await openById(stored, theirs.id)];
    await saveSession(stored, other, { n: 7 });
    await saveSession(stored, one, { a: 1 });
    expect((await sessions.get(mine.id))?.data).toEqual({ n: 7, a: 1 });
  });

  it("does not matter to who replaces all of it", async () => {
    const { stored, mine, theirs, read } = await two({ a: 0 });
    await saveSession(stored, theirs, { a: 1, b: 1 });
    mine.data["a"] = 2;
    await replaceSession(stored, mine, { only: 1 });
    expect(await read()).toEqual({ only: 1 });
    expect({ ...mine.data }).toEqual({ only: 1 });
  });
});

describe("others", () => {
  it("lose no flash value to each other", async () => {
    const { stored, mine, theirs } = await two({});
    await saveFlash(stored, theirs, (flash) => void (flash["a"] = 1));
    await saveFlash(stored, mine, (flash) => void (flash["b"] = 2));
    expect({ ...(await openById(stored, mine.id)).flash }).toEqual({ a: 1, b: 2 });
  });

  it("lose nothing to a new id", async () => {
    const { stored, mine, theirs } = await two({ a: 0, b: 0 });
    await saveSession(stored, theirs, { a: "theirs" });
    mine.data["b"] = "mine";
    const moved = await regenerateSession(stored, mine, { userId: "ada" });
    expect((await openById(stored, moved.id)).data).toEqual({ a: "theirs", b: "mine" });
  });

  it("are all refused where the app says so", async () => {
    const { stored, mine, theirs, read, events } = await two({ a: 0 }, { onConflict: "throw" });
    await saveSession(stored, theirs, { a: 1 });
    const writes = [
      () => saveSession(stored, mine, { b: 1 }),
      () => saveSession(stored, mine, ({ a }) => ({ a: a + 1 })),
      () => regenerateSession(stored, mine),
    ];
    for (const write of writes) expect(await failure(write())).toMatchObject({ code: "ERR_SESSION_CONFLICT" });
    expect(await read()).toEqual({ a: 1 });
    expect(events.map((event) => (event as unknown[])[1])).toEqual(["refused", "refused", "refused"]);
  });
});

describe("a write that loses each time", () => {
  it("goes on until its deadline, and then says that nothing was written", async () => {
    const store = new MapStore();
    let saves = 0;
    const busy = around(store, async (method, run, args) => {
      if (method === "save") {
        saves++;
        const [call, key, expected, change] = args as Parameters<MapStore["save"]>;
        await store.save(call, key, expected, {
          ...change,
          writeToken: "AAAAAAAAAAAAAAAAAAAAAA",
          data: '{"data":{"other":1}}',
        });
      }
      return run();
    });
    const { stored, sessions } = makeSessions({ store: busy, deadline: 100 });
    const { id } = await sessions.create({ a: 0 });
    const session = await openById(stored, id);
    const started = performance.now();
    expect(await failure(saveSession(stored, session, { a: 1 }))).toMatchObject({ code: "ERR_SESSION_CONFLICT" });
    expect(performance.now() - started).toBeLessThan(100 * 1.1 + 50);
    expect(saves).toBeGreaterThan(2);
    expect((await sessions.get(id))?.data).toEqual({ other: 1 });
  });
});
