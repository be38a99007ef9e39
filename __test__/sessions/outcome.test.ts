// Replies of a store that are lost: the write was done, or not, or is done later.

import { describe, expect, it } from "vitest";

import type { SessionStore } from "ironkeep/sessions";
import {
  around,
  engine,
  failure,
  makeSessions,
  MapStore,
  type Method,
  seeded,
  storeError,
  withoutPauses,
} from "./_sessions.ts";

const { createSession, destroySession, newSession, openById, regenerateSession, saveSession } = engine;

type Loss = "after" | "before" | "late" | "none";

/** A store that loses the replies which `next` says: after the call, before it, or before it is done all the same, later. */
function losing(next: (method: Method) => Loss, store: SessionStore = new MapStore()) {
  const late: (() => Promise<unknown>)[] = [];
  const code = () => (late.length % 2 ? "ERR_STORE_TIMEOUT" : "ERR_STORE_UNAVAILABLE");
  const lossy = around(store, async (method, run) => {
    const loss = next(method);
    if (loss === "none") return run();
    if (loss === "after") await run();
    if (loss === "late") late.push(run);
    throw storeError(code());
  });
  /** What was sent and not done arrives. */
  const arrive = async () => {
    for (const run of late.splice(0)) await run();
  };
  return { store, lossy, arrive };
}

/** Loses replies of one method, in this order. */
function plan(method: Method, ...losses: Loss[]): (called: Method) => Loss {
  return (called) => (called === method ? (losses.shift() ?? "none") : "none");
}

async function begun(next: (method: Method) => Loss, options: Parameters<typeof makeSessions>[0] = {}) {
  withoutPauses();
  const { lossy, store, arrive } = losing(next);
  const { stored, sessions } = makeSessions({ store: lossy, ...options });
  const direct = makeSessions({ store });
  const { id } = await direct.sessions.create({ n: 0 }, { userId: "ada" });
  const read = async () => (await direct.sessions.get(id))?.data;
  return { stored, sessions, direct, store, arrive, id, read, session: await openById(direct.stored, id) };
}

const add = ({ n }: { n?: number }) => ({ n: (n ?? 0) + 1 });

describe("a save whose reply is lost", () => {
  it("and that was done is done: it is not made again", async () => {
    let saves = 0;
    const lost = plan("save", "after");
    const { stored, session, read } = await begun((method) => {
      if (method === "save") saves++;
      return lost(method);
    });
    let runs = 0;
    await saveSession(stored, session, (data) => {
      runs++;
      return add(data);
    });
    expect([runs, saves, await read(), session.version]).toEqual([1, 1, { n: 1 }, 2]);
    await saveSession(stored, session, add);
    expect(await read()).toEqual({ n: 2 });
  });

  it("and that was not done is made again, without another run of the function", async () => {
    const { stored, session, read } = await begun(plan("save", "before", "before"));
    let runs = 0;
    await saveSession(stored, session, (data) => {
      runs++;
      return add(data);
    });
    expect([runs, await read()]).toEqual([1, { n: 1 }]);
  });

  it("and that arrives after all changes nothing a second time", async () => {
    const { stored, session, read, arrive } = await begun(plan("save", "late"));
    await saveSession(stored, session, add);
    await arrive();
    expect(await read()).toEqual({ n: 1 });
  });

  it("and that arrives just before it is made again is found to be done", async () => {
    let arrive = async (): Promise<void> => undefined;
    const losses: Loss[] = ["late"];
    withoutPauses();
    const made = losing((method) => (method === "save" ? (losses.shift() ?? "none") : "none"));
    const before = around(made.lossy, async (method, run) => {
      if (method === "save") await arrive();
      return run();
    });
    const { stored, sessions } = makeSessions({ store: before });
    const { id } = await sessions.create({ n: 0 });
    const session = await openById(stored, id);
    arrive = made.arrive;
    await saveSession(stored, session, add);
    expect((await sessions.get(id))?.data).toEqual({ n: 1 });
    expect(session.version).toBe(2);
  });

  it("is unknown when it arrived late, and somebody else wrote on it before it was made again", async () => {
    withoutPauses();
    const made = losing(plan("save", "late"));
    const other = makeSessions({ store: made.store }).sessions;
    let saves = 0;
    const before = around(made.lossy, async (method, run) => {
      if (method === "save" && ++saves === 2) {
        await made.arrive();
        await other.update(id, { other: 1 });
      }
      return run();
    });
    const { stored } = makeSessions({ store: before });
    const { id } = await other.create({ n: 0 });
    const saving = saveSession(stored, await openById(stored, id), add);
    expect(await failure(saving)).toMatchObject({ code: "ERR_STORE_UNAVAILABLE" });
    expect((await other.get(id))?.data).toEqual({ n: 1, other: 1 });
  });

  it("is unknown when somebody else wrote since: the function does not run again", async () => {
    const { stored, direct, session, id, read } = await begun((method) => {
      if (method !== "save") return "none";
      return "after";
    });
    const stop = around(direct.stored.store, async (method, run) => {
      if (method === "load") await direct.sessions.update(id, { other: 1 });
      return run();
    });
    const lossy = around(stop, async (method, run) => {
      const result = await run();
      if (method === "save") throw storeError("ERR_STORE_UNAVAILABLE");
      return result;
    });
    let runs = 0;
    const saving = saveSession(makeSessions({ store: lossy }).stored, session, (data) => {
      runs++;
      return add(data);
    });
    expect(await failure(saving)).toMatchObject({ code: "ERR_STORE_UNAVAILABLE" });
    expect([runs, await read()]).toEqual([1, { n: 1, other: 1 }]);
    expect(stored.name).toBe("h3");
  });

  it("is unknown when nothing answers, within the deadline", async () => {
    const { stored, session } = await begun((method) => (method === "create" ? "none" : "before"));
    expect(await failure(saveSession(stored, session, add))).toMatchObject({ code: "ERR_STORE_UNAVAILABLE" });
    expect({ ...session.data }).toEqual({ n: 0 });
  });
});

describe("a new session whose reply is lost", () => {
  it.each(["after", "before", "late"] as const)("%s it was made is there, once", async (loss) => {
    const { stored, direct, arrive } = await begun(plan("create", loss));
    const session = newSession();
    await createSession(stored, session, { userId: "bob" });
    await arrive();
    expect(session.status).toBe("stored");
    expect(await direct.sessions.list("bob")).toHaveLength(1);
  });
});

describe("a new session that arrives just before it is made again", () => {
  it("is found to be there", async () => {
    withoutPauses();
    const made = losing(plan("create", "late"));
    const before = around(made.lossy, async (method, run) => {
      if (method === "create") await made.arrive();
      return run();
    });
    const { stored, sessions } = makeSessions({ store: before });
    const session = newSession();
    await createSession(stored, session, { userId: "bob" });
    expect((await sessions.list("bob")).map(({ handle }) => handle)).toEqual([session.key]);
  });
});

describe("a regeneration whose reply is lost", () => {
  it.each(["after", "before", "late"] as const)(
    "%s it was done leaves one session, which is signed in",
    async (loss) => {
      const { stored, direct, session, arrive, id } = await begun(plan("regenerate", loss));
      const moved = await regenerateSession(stored, session, { userId: "ada" });
      await arrive();
      expect((await openById(direct.stored, id)).status).toBe("ended");
      expect((await direct.sessions.get(moved.id))?.data).toEqual({ n: 0 });
      expect((await direct.sessions.list("ada")).map(({ handle }) => handle)).toEqual([moved.key]);
    },
  );

  it("and that arrives just before it is made again is found to be done", async () => {
    withoutPauses();
    const made = losing(plan("regenerate", "late"));
    const before = around(made.lossy, async (method, run) => {
      if (method === "regenerate") await made.arrive();
      return run();
    });
    const { stored, sessions } = makeSessions({ store: before });
    const session = newSession();
    await createSession(stored, session);
    const moved = await regenerateSession(stored, session, { userId: "ada" });
    expect((await sessions.list("ada")).map(({ handle }) => handle)).toEqual([moved.key]);
  });
});

describe("an end whose reply is lost", () => {
  it.each(["after", "before"] as const)("%s it was done is an end", async (loss) => {
    const { stored, direct, session, id } = await begun(plan("delete", loss));
    await destroySession(stored, session);
    expect((await openById(direct.stored, id)).status).toBe("ended");
  });

  it("and that never comes is an error, and the session object goes on", async () => {
    const { stored, session } = await begun((method) => (method === "delete" ? "before" : "none"));
    expect(await failure(destroySession(stored, session))).toMatchObject({ code: "ERR_STORE_UNAVAILABLE" });
    expect(session.status).toBe("stored");
  });
});

describe("replies lost at random", () => {
  it.each([1, 2, 3, 4, 5])("apply no updater twice (seed %i)", async (seed) => {
    withoutPauses();
    const random = seeded(seed);
    const next = (): Loss => {
      const dice = random();
      if (dice < 0.12) return "after";
      if (dice < 0.2) return "before";
      return dice < 0.28 ? "late" : "none";
    };
    const { lossy: losingAlone, store, arrive } = losing(next);
    // What was sent arrives at any time, between the calls of others too.
    const lossy = around(losingAlone, async (_, run) => {
      if (random() < 0.2) await arrive();
      return run();
    });
    const direct = makeSessions({ store });
    const { stored } = makeSessions({ store: lossy });
    const { id } = await direct.sessions.create({ done: {} });
    const written = new Set<string>();
    const unknown = new Set<string>();
    const request = async (name: string): Promise<void> => {
      const session = await openById(direct.stored, id);
      // Each run leaves a mark: two runs of one updater that are both written would be a 2.
      const mark = ({ done }: { done?: Record<string, number> }) => ({
        done: { ...done, [name]: (done?.[name] ?? 0) + 1 },
      });
      try {
        await saveSession(stored, session, mark as never);
        written.add(name);
      } catch (error) {
        expect((error as { code?: string }).code).toMatch(/^ERR_(STORE_UNAVAILABLE|SESSION_CONFLICT)$/);
        if ((error as { code?: string }).code === "ERR_STORE_UNAVAILABLE") unknown.add(name);
      }
    };
    for (let round = 0; round < 60; round++) {
      await Promise.all(Array.from({ length: 5 }, (_, at) => request(`${round}.${at}`)));
      if (random() < 0.5) await arrive();
    }
    await arrive();
    const marks = (await direct.sessions.get(id))?.data["done"] as Record<string, number>;
    const twice = Object.entries(marks).filter(([, times]) => times !== 1);
    expect(twice).toEqual([]);
    for (const name of written) expect(marks).toHaveProperty([name], 1);
    for (const name of Object.keys(marks)) expect(written.has(name) || unknown.has(name)).toBe(true);
    expect(written.size).toBeGreaterThan(150);
    expect(unknown.size).toBeGreaterThan(5);
  });
});
