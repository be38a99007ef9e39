// Sealed sessions that become stored ones.

import { describe, expect, it } from "vitest";
import { z } from "zod";

import type { SessionStore } from "ironkeep/sessions";
import {
  around,
  engine,
  failure,
  makeSessions,
  MapStore,
  START,
  stopClock,
  storeError,
  withoutPauses,
} from "./_sessions.ts";

const { cookieOf, destroySession, endSealed, importSealed, openById, openSession, regenerateSession, saveSession } =
  engine;

type Options = Parameters<typeof makeSessions>[0];

const SEAL = { id: "0b7f5f3e", createdAt: START - 100_000, data: { cart: ["apple"], login: "ada" } };
const DAY = 86_400_000;

function migrating(options: Options = {}) {
  const clock = stopClock();
  const migrate = { until: START + DAY };
  return { clock, ...makeSessions({ migrate, maxAge: 1000, ...options }) };
}

describe("a sealed session", () => {
  it("becomes a stored one, with its age and what is left of its life", async () => {
    const { stored, sessions } = migrating();
    const told: unknown[] = [];
    sessions.on("created", (event) => told.push(event));
    const session = await importSealed(stored, SEAL);
    expect(session).toMatchObject({ status: "stored", needsCookie: true, createdAt: SEAL.createdAt });
    expect(session.expiresAt).toBe(SEAL.createdAt + 1_000_000);
    expect(session.data).toEqual(SEAL.data);
    expect(told).toEqual([{ id: session.id, handle: session.key, userId: undefined, imported: true }]);
    const again = await openSession(stored, await cookieOf(stored, session));
    expect(again).toMatchObject({ status: "stored", id: session.id, needsCookie: false });
  });

  it("signs nobody out who is older than the default life, where the app gave none", async () => {
    const { stored } = migrating({ maxAge: undefined });
    const old = { ...SEAL, createdAt: START - 365 * DAY };
    expect((await importSealed(stored, old)).status).toBe("stored");
    expect((await importSealed(migrating().stored, old)).status).toBe("new");
  });

  it("is one session, whoever comes with it and however often", async () => {
    const { stored } = migrating();
    const all = await Promise.all(Array.from({ length: 10 }, () => importSealed(stored, SEAL)));
    expect(new Set(all.map(({ id }) => id)).size).toBe(1);
    const [first] = all;
    await saveSession(stored, first as (typeof all)[0], { more: 1 });
    expect((await importSealed(stored, SEAL)).data).toEqual({ ...SEAL.data, more: 1 });
  });

  it("is another one with another id, time, name or audience", async () => {
    const { store, stored } = migrating();
    const { id } = await importSealed(stored, SEAL);
    const migrate = { until: START + DAY };
    const other = (options: Options) => makeSessions({ store, migrate, ...options }).stored;
    const ids = [
      await importSealed(stored, { ...SEAL, id: "other" }),
      await importSealed(stored, { ...SEAL, createdAt: SEAL.createdAt + 1 }),
      await importSealed(other({ name: "admin" }), SEAL),
      await importSealed(other({ audience: "shop" }), SEAL),
    ].map((session) => session.id);
    expect(new Set([id, ...ids]).size).toBe(5);
  });

  it("belongs to the user whom it names, or whom the app finds in its data", async () => {
    const { stored } = migrating({ migrate: { until: START + DAY, userId: ({ login }) => login } });
    const found = await importSealed(stored, SEAL);
    expect(found).toMatchObject({ userId: "ada", authenticatedAt: SEAL.createdAt });
    const named = await importSealed(stored, { ...SEAL, id: "2", userId: "bob", authenticatedAt: START - 5000 });
    expect(named).toMatchObject({ userId: "bob", authenticatedAt: START - 5000 });
    const odd = await importSealed(stored, { ...SEAL, id: "3", userId: { toString: () => "eve" }, data: null });
    expect(odd).toMatchObject({ status: "stored", userId: undefined, data: {} });
  });

  it("without an id, after the last day, or without migrate is not taken over", async () => {
    const { clock, stored } = migrating();
    expect((await importSealed(stored, { ...SEAL, id: "" })).status).toBe("new");
    expect((await importSealed(makeSessions().stored, SEAL)).status).toBe("new");
    clock.pass(DAY / 1000);
    expect((await importSealed(stored, SEAL)).status).toBe("new");
  });

  it("pollutes nothing", async () => {
    const { stored } = migrating();
    const data = JSON.parse('{"__proto__":{"polluted":1},"a":1}') as object;
    const session = await importSealed(stored, { ...SEAL, data });
    expect(Object.keys(session.data)).toEqual(["__proto__", "a"]);
    expect((session as unknown as Record<string, unknown>)["polluted"]).toBeUndefined();
  });

  it("whose data the schema refuses is no session, or an error", async () => {
    const schema = z.object({ cart: z.number() });
    expect((await importSealed(migrating({ schema }).stored, SEAL)).status).toBe("new");
    const { stored } = migrating({ schema, onInvalid: "reject" });
    expect(await failure(importSealed(stored, SEAL))).toMatchObject({ code: "ERR_SCHEMA" });
  });
});

describe("what ended comes back by no seal", () => {
  const ends: [string, (made: ReturnType<typeof migrating>) => Promise<unknown>][] = [
    ["destroyed", async ({ stored }) => destroySession(stored, await importSealed(stored, SEAL))],
    ["got a new id", async ({ stored }) => regenerateSession(stored, await importSealed(stored, SEAL))],
    ["signed in", async ({ stored }) => regenerateSession(stored, await importSealed(stored, SEAL), { userId: "eve" })],
    [
      "revoked",
      async ({ stored, sessions }) => {
        await importSealed(stored, SEAL);
        await sessions.revoke("ada");
      },
    ],
    ["revoked before it was imported", async ({ sessions }) => sessions.revoke("ada")],
    ["deleted by its id", async ({ stored, sessions }) => sessions.delete((await importSealed(stored, SEAL)).id)],
    [
      "ended in a list",
      async ({ stored, sessions }) => {
        await importSealed(stored, SEAL);
        for (const { end } of await sessions.list("ada")) await end();
      },
    ],
    ["cleared before it was imported", async ({ stored }) => endSealed(stored, SEAL)],
    [
      "cleared after it was imported",
      async ({ stored }) => {
        await importSealed(stored, SEAL);
        await endSealed(stored, SEAL);
      },
    ],
    [
      "expired",
      async ({ stored, clock }) => {
        await importSealed(stored, SEAL);
        clock.pass(1000);
      },
    ],
  ];

  it.each(ends)("a session that was %s", async (_, end) => {
    const made = migrating({ migrate: { until: START + DAY, userId: ({ login }) => login } });
    await end(made);
    for (const seconds of [0, 61, 3600]) {
      made.clock.pass(seconds);
      expect((await importSealed(made.stored, SEAL)).status).not.toBe("stored");
      await made.sessions.cleanup();
    }
    made.clock.pass(DAY / 1000);
    expect((await importSealed(made.stored, SEAL)).status).toBe("new");
  });

  it("also when the clear and an import race", async () => {
    const { stored, store } = migrating();
    for (let seed = 0; seed < 20; seed++) {
      const seal = { ...SEAL, id: `seal ${seed}` };
      let calls = 0;
      let clearing: Promise<void> | undefined;
      // The clear runs when the import has made `seed % 4` of its calls.
      const racing = around(store, async (_, run) => {
        if (calls++ === seed % 4) clearing = endSealed(stored, seal);
        await clearing;
        return run();
      });
      const racer = makeSessions({ store: racing, migrate: { until: START + DAY } }).stored;
      await importSealed(racer, seal);
      await clearing;
      expect((await importSealed(stored, seal)).status).toBe(clearing ? "ended" : "stored");
    }
  });
});

describe("an import that breaks off", () => {
  it.each(["beginImport", "create", "load"] as const)("at %s loses nothing: the next one goes on", async (method) => {
    const { stored, store } = migrating();
    const broken = around(store, (called, run) =>
      called === method ? Promise.reject(storeError("ERR_STORE_CLOSED")) : run(),
    );
    const failing = makeSessions({ store: broken, migrate: { until: START + DAY } }).stored;
    expect(await failure(importSealed(failing, SEAL))).toMatchObject({ code: "ERR_STORE_CLOSED" });
    expect(await importSealed(stored, SEAL)).toMatchObject({ status: "stored", data: SEAL.data });
  });

  it.each(["after", "before"] as const)("with a reply lost %s it was done comes to the same session", async (loss) => {
    const { store } = migrating();
    withoutPauses();
    for (const method of ["beginImport", "create"] as const) {
      const losses = [loss];
      const lossy: SessionStore = around(store, async (called, run) => {
        const lost = called === method ? losses.shift() : undefined;
        if (lost !== "before") {
          const result = await run();
          if (!lost) return result;
        }
        throw storeError("ERR_STORE_TIMEOUT");
      });
      const { stored } = makeSessions({ store: lossy, migrate: { until: START + DAY } });
      const session = await importSealed(stored, { ...SEAL, id: method });
      expect(session).toMatchObject({ status: "stored", data: SEAL.data });
      expect((await openById(stored, session.id)).status).toBe("stored");
    }
  });
});

describe("a seal that another copy of it began to import as nobody's", () => {
  const migrate = { until: START + DAY, userId: ({ login }: { login?: string }) => login };
  const before = { ...SEAL, data: { cart: ["apple"] } };

  it("becomes the session that the other makes of it", async () => {
    const { stored, store } = migrating({ migrate });
    const [creating, created] = [{ wait: Promise.resolve() }, { tell: (): void => undefined }];
    creating.wait = new Promise((resolve) => (created.tell = resolve));
    const slow = around(store, async (method, run) => {
      if (method === "create") await creating.wait;
      return run();
    });
    const first = importSealed(makeSessions({ store: slow, migrate }).stored, before);
    await new Promise(setImmediate);
    const second = importSealed(stored, SEAL);
    created.tell();
    const [one, other] = await Promise.all([first, second]);
    expect([one.status, other.id]).toEqual(["stored", one.id]);
  });

  it("is over when that broke off: the user's lists would not find it", async () => {
    const { stored, store, sessions } = migrating({ migrate });
    const broken = around(store, (method, run) =>
      method === "create" ? Promise.reject(storeError("ERR_STORE_CLOSED")) : run(),
    );
    await failure(importSealed(makeSessions({ store: broken, migrate }).stored, before));
    expect((await importSealed(stored, SEAL)).status).toBe("ended");
    expect((await importSealed(stored, before)).status).not.toBe("stored");
    expect(await sessions.list("ada")).toEqual([]);
  });
});

describe("a copy of a seal that was imported as a user's", () => {
  const migrate = { until: START + DAY, userId: ({ login }: { login?: string }) => login };

  it.each([
    ["from before the sign-in", { cart: ["apple"] }],
    ["of another user", { cart: ["pear"], login: "bob" }],
  ])("%s opens nothing, and ends nothing", async (_, data) => {
    const { stored, sessions } = migrating({ migrate });
    const { id } = await importSealed(stored, SEAL);
    const copy = await importSealed(stored, { ...SEAL, data });
    expect(copy).toMatchObject({ status: "ended", id: "", userId: undefined, data: {} });
    expect(await importSealed(stored, SEAL)).toMatchObject({ status: "stored", id, userId: "ada" });
    expect(await sessions.list("ada")).toHaveLength(1);
  });
});

describe("migrate", () => {
  it.each([{ until: Number.NaN }, { until: 1_795_000 }, { until: START, userId: "ada" }])(
    "%j is refused",
    (migrate) => {
      expect(() => makeSessions({ migrate: migrate as never })).toThrow(/migrate\./);
    },
  );

  it("needs a store that never overwrites", () => {
    const store = Object.assign(new MapStore(), { cannot: ["S1"] as const });
    expect(() => makeSessions({ store, migrate: { until: START + DAY } })).toThrow(/cannot keep/);
  });
});
