// A new id, and a sign-in.

import { describe, expect, it } from "vitest";

import { engine, failure, makeSessions, MapStore, around, seeded, stopClock, storeError } from "./_sessions.ts";

const { cookieOf, createSession, destroySession, newSession, openById, openSession, regenerateSession, saveSession } =
  engine;

type Options = Parameters<typeof makeSessions>[0];

async function begun(options: Options = {}, userId?: string) {
  const clock = stopClock();
  const made = makeSessions({ maxAge: 1000, ...options });
  const session = newSession();
  session.data["cart"] = ["apple"];
  await createSession(made.stored, session, { userId, label: "phone" });
  clock.pass(100);
  return { ...made, clock, session, id: session.id, createdAt: session.createdAt };
}

describe("a new id", () => {
  it("ends the old one, and changes nothing else: no longer life, and nobody signed in", async () => {
    const { stored, session, id, createdAt } = await begun();
    const { expiresAt } = session;
    session.data["direct"] = 1;
    const moved = await regenerateSession(stored, session);
    expect(moved).toBe(session);
    expect(moved.id).not.toBe(id);
    expect((await openById(stored, id)).status).toBe("ended");
    const read = await openById(stored, moved.id);
    expect(read).toMatchObject({ createdAt, expiresAt, userId: undefined, label: "phone" });
    expect(read.data).toEqual({ cart: ["apple"], direct: 1 });
    expect(moved).toMatchObject({ createdAt, expiresAt, needsCookie: true });
  });

  it("keeps who signed in, and when", async () => {
    const { stored, session, createdAt } = await begun({}, "ada");
    await regenerateSession(stored, session);
    expect(await openById(stored, session.id)).toMatchObject({ userId: "ada", authenticatedAt: createdAt });
  });

  it("keeps an idle time of its own", async () => {
    const { stored, sessions, session, id } = await begun({ idleTimeout: 600 });
    await sessions.extend(id, { idleTimeout: 30 });
    const read = await openById(stored, id);
    await regenerateSession(stored, read);
    expect(read).toMatchObject({ idle: 30_000, expiresAt: Date.now() + 30_000 });
    expect((await openById(stored, read.id)).expiresAt).toBe(Date.now() + 30_000);
    expect(session.status).toBe("stored");
  });

  it.each(["the write of a new id", "a write before it"])(
    "keeps the life and the name that others gave it, which %s meets",
    async (which) => {
      const { stored, sessions, session, id } = await begun({ idleTimeout: 600 });
      await sessions.extend(id, { maxAge: 50, idleTimeout: 30, label: "work phone" });
      if (which === "a write before it") await saveSession(stored, session, { more: 1 });
      await regenerateSession(stored, session);
      const kept = { absoluteExpiresAt: Date.now() + 50_000, idle: 30_000, label: "work phone" };
      expect(await openById(stored, session.id)).toMatchObject(kept);
      expect(session).toMatchObject(kept);
    },
  );

  it("goes on being written to", async () => {
    const { stored, session } = await begun();
    await regenerateSession(stored, session);
    await saveSession(stored, session, { more: 1 });
    expect((await openById(stored, session.id)).data).toEqual({ cart: ["apple"], more: 1 });
  });
});

describe("a sign-in", () => {
  it("is now, begins a whole life, and takes the visitor's data along", async () => {
    const { stored, session, sessions } = await begun();
    const told: unknown[] = [];
    sessions.on("regenerated", (event) => told.push(event));
    const { key: previous } = session;
    await regenerateSession(stored, session, { userId: "ada", label: "laptop" });
    const now = Date.now();
    const expected = {
      userId: "ada",
      createdAt: now,
      authenticatedAt: now,
      expiresAt: now + 1_000_000,
      label: "laptop",
    };
    expect(session).toMatchObject(expected);
    const read = await openById(stored, session.id);
    expect(read).toMatchObject(expected);
    expect(read.data).toEqual({ cart: ["apple"] });
    expect(told).toEqual([{ id: session.id, handle: session.key, userId: "ada", previous }]);
  });

  it("of another user leaves nothing, neither to the session nor to what is under way", async () => {
    const { stored, session } = await begun({}, "ada");
    const { data } = session;
    session.data["direct"] = 1;
    const late = new Promise<void>((resolve) => setTimeout(resolve, 5));
    const [moved, written] = await Promise.all([
      regenerateSession(stored, session, { userId: "bob" }),
      failure(saveSession(stored, session, async () => late.then(() => ({ ofAda: 1 })))),
    ]);
    expect(written).toMatchObject({ code: "ERR_SESSION_NOT_FOUND" });
    expect(moved).not.toBe(session);
    expect(session.status).toBe("ended");
    data["ofAda"] = 1;
    await saveSession(stored, moved, { ofBob: 1 });
    expect((await openById(stored, moved.id)).data).toEqual({ ofBob: 1 });
    expect(moved.userId).toBe("bob");
  });

  it("of another user does not take over what the session was called", async () => {
    const { stored, session, sessions } = await begun({}, "ada");
    const moved = await regenerateSession(stored, session, { userId: "bob" });
    expect(moved.label).toBeUndefined();
    expect(await sessions.list("bob")).toMatchObject([{ label: undefined }]);
  });

  it("of another user ends the session object of the former one", async () => {
    const { stored, session } = await begun({}, "ada");
    await regenerateSession(stored, session, { userId: "bob" });
    expect(session.status).toBe("ended");
  });

  it("of who has no session yet makes one", async () => {
    const { stored } = makeSessions();
    const session = newSession();
    session.data["cart"] = 1;
    await regenerateSession(stored, session, { userId: "ada" });
    expect(await openById(stored, session.id)).toMatchObject({ status: "stored", userId: "ada", data: { cart: 1 } });
  });

  it("needs a user", async () => {
    const { stored, session } = await begun();
    for (const userId of ["", 7, null]) {
      const signingIn = regenerateSession(stored, session, { userId: userId as string });
      expect(await failure(signingIn)).toMatchObject({ code: "ERR_CONFIG" });
    }
  });

  it("that fails leaves the session as it was", async () => {
    const store = new MapStore();
    const broken = around(store, (method, run) =>
      method === "regenerate" ? Promise.reject(storeError("ERR_SESSION_TOO_LARGE")) : run(),
    );
    const { stored, session, id } = await begun({ store: broken });
    expect(await failure(regenerateSession(stored, session, { userId: "ada" }))).toMatchObject({
      code: "ERR_SESSION_TOO_LARGE",
    });
    expect(session).toMatchObject({ id, status: "stored", userId: undefined });
    expect((await openById(stored, id)).status).toBe("stored");
  });
});

describe("an end", () => {
  it.each(["delete", "regenerate", "reply", "neither"])(
    "of a session that is getting a new id ends both (late: %s)",
    async (late) => {
      const wait = () => new Promise((resolve) => setTimeout(resolve, 5));
      const slow = around(new MapStore(), async (method, run) => {
        if (method === late) await wait();
        const result = await run();
        if (method === "regenerate" && late === "reply") await wait();
        return result;
      });
      const { stored, sessions, session, id } = await begun({ store: slow });
      const moving = regenerateSession(stored, session, { userId: "ada" }).catch(() => undefined);
      // The store has it by then.
      if (late === "reply") await new Promise(setImmediate);
      expect(await destroySession(stored, session)).toBe(true);
      await moving;
      expect((await openById(stored, id)).status).toBe("ended");
      expect(await sessions.list("ada")).toEqual([]);
      expect(session.status).toBe("ended");
    },
  );

  it("of a session that is just being made ends it", async () => {
    const { stored } = makeSessions();
    const session = newSession();
    const making = createSession(stored, session);
    expect(await destroySession(stored, session)).toBe(true);
    await making;
    expect((await openById(stored, session.id)).status).toBe("ended");
  });

  it("waits for no updater, which then finds the session ended", async () => {
    const { stored, session } = await begun();
    for (const each of [session, newSession()]) {
      let finish = (): void => undefined;
      const long = new Promise<void>((resolve) => (finish = resolve));
      const saving = failure(saveSession(stored, each, async () => long.then(() => ({ late: 1 }))));
      expect(await destroySession(stored, each)).toBe(each === session);
      finish();
      expect(await saving).toMatchObject({ code: "ERR_SESSION_NOT_FOUND" });
      expect(each.status).toBe("ended");
    }
  });

  it("ends the ids of all regenerations that wait behind each other, at whatever moment it comes", async () => {
    for (let seed = 0; seed < 300; seed++) {
      const random = seeded(seed);
      const pass = async () => {
        for (let turns = Math.floor(random() * 4); turns > 0; turns--) await new Promise(setImmediate);
      };
      const store = around(new MapStore(), async (_, run) => {
        await pass();
        const result = await run();
        await pass();
        return result;
      });
      const { stored, sessions } = makeSessions({ store });
      const session = newSession();
      await createSession(stored, session, { userId: "ada" });
      const moving = [1, 2, 3].map(async () => {
        await pass();
        return regenerateSession(stored, session);
      });
      const moved = Promise.allSettled(moving);
      for (let passes = 0; passes < 5; passes++) await pass();
      await destroySession(stored, session);
      await moved;
      expect([seed, session.status, await sessions.list("ada")]).toEqual([seed, "ended", []]);
    }
  });

  it("of what nobody stored is nothing", async () => {
    const { stored } = makeSessions();
    const session = newSession();
    expect(await destroySession(stored, session)).toBe(false);
    expect(await failure(saveSession(stored, session, { a: 1 }))).toMatchObject({ code: "ERR_SESSION_NOT_FOUND" });
  });

  it("is told once, and wins over a write that is under way", async () => {
    const { stored, sessions, session } = await begun({}, "ada");
    const cookie = await cookieOf(stored, session);
    const told: unknown[] = [];
    sessions.on("destroyed", (event) => told.push(event));
    const other = await openSession(stored, cookie);
    const saving = failure(
      saveSession(stored, other, async () => {
        await destroySession(stored, session);
        return { late: 1 };
      }),
    );
    expect(await saving).toMatchObject({ code: "ERR_SESSION_NOT_FOUND" });
    await destroySession(stored, await openSession(stored, cookie));
    expect(told).toEqual([{ id: session.id, handle: session.key, userId: "ada" }]);
  });
});
