// All sessions of a user.

import { describe, expect, it } from "vitest";

import { engine, failure, makeSessions, MapStore, stopClock } from "./_sessions.ts";

function started(options: Parameters<typeof makeSessions>[0] = {}) {
  return { clock: stopClock(), ...makeSessions(options) };
}

describe("a list", () => {
  it("has the user's sessions and no other's, with names and times, and nothing that opens one", async () => {
    const { clock, sessions, stored } = started({ idleTimeout: 100 });
    const phone = await sessions.create({ secret: 1 }, { userId: "ada", label: "phone" });
    clock.pass(20);
    const laptop = await sessions.create({}, { userId: "ada", label: "laptop" });
    await sessions.create({}, { userId: "bob" });
    await sessions.create();
    await sessions.validate(await sessions.cookie(phone.id));
    const listed = await sessions.list("ada");
    expect(listed).toMatchObject([
      { handle: phone.handle, label: "phone", createdAt: phone.createdAt, lastSeenAt: Date.now() },
      { handle: laptop.handle, label: "laptop", authenticatedAt: laptop.createdAt, expiresAt: Date.now() + 100_000 },
    ]);
    for (const { handle } of listed) {
      expect(await sessions.get(handle)).toBeUndefined();
      expect((await engine.openSession(stored, `0.${handle}.AAAAAAAAAAAAAAAAAAAAAA`)).status).toBe("new");
    }
    expect(JSON.stringify(listed)).not.toContain("secret");
  });

  it("can end each of them, once", async () => {
    const { sessions } = started();
    const told: unknown[] = [];
    sessions.on("destroyed", (event) => told.push(event));
    const phone = await sessions.create({}, { userId: "ada" });
    const [entry] = await sessions.list("ada");
    expect([await entry?.end(), await entry?.end()]).toEqual([true, false]);
    expect(await sessions.get(phone.id)).toBeUndefined();
    expect(told).toEqual([{ handle: phone.handle, userId: "ada" }]);
  });
});

describe("a revocation", () => {
  it("ends all of the user's sessions but one, and what was authenticated before", async () => {
    const { clock, sessions, stored } = started();
    const told: unknown[] = [];
    sessions.on("revoked", (event) => told.push(event));
    const [one, other, bobs] = [
      await sessions.create({}, { userId: "ada" }),
      await sessions.create({}, { userId: "ada" }),
      await sessions.create({}, { userId: "bob" }),
    ];
    clock.pass(1);
    const kept = await engine.openById(stored, other.id);
    expect(await sessions.revoke("ada", { except: other.id })).toBe(1);
    expect(await sessions.getMany([one.id, other.id, bobs.id])).toMatchObject([
      undefined,
      { id: other.id },
      { id: bobs.id },
    ]);
    expect(told).toEqual([{ userId: "ada", count: 1, except: other.handle }]);
    // The one that stays has signed in before the revocation too.
    expect(await failure(engine.regenerateSession(stored, kept))).toMatchObject({ code: "ERR_SESSION_REVOKED" });
    expect(await sessions.regenerate(other.id, { userId: "ada" })).toMatchObject({ userId: "ada" });
  });
});

describe("a cap", () => {
  it("ends the oldest, or refuses", async () => {
    const { clock, sessions, stored } = started();
    const told: unknown[] = [];
    sessions.on("destroyed", ({ handle, userId }) => told.push([handle, userId]));
    const evict = { max: 2, onFull: "evict-oldest" } as const;
    const made = [];
    for (let time = 0; time < 3; time++) {
      made.push(await sessions.create({}, { userId: "ada", cap: evict }));
      clock.pass(1);
    }
    expect((await sessions.list("ada")).map(({ handle }) => handle)).toEqual([made[1]?.handle, made[2]?.handle]);
    expect(told).toEqual([[made[0]?.handle, "ada"]]);
    expect((await engine.openById(stored, made[0]?.id ?? "")).status).toBe("ended");

    const refuse = { max: 2, onFull: "refuse" } as const;
    expect(await failure(sessions.create({}, { userId: "ada", cap: refuse }))).toMatchObject({
      code: "ERR_SESSION_LIMIT",
    });
    const visitor = await sessions.create();
    const signingIn = sessions.regenerate(visitor.id, { userId: "ada", cap: refuse });
    expect(await failure(signingIn)).toMatchObject({ code: "ERR_SESSION_LIMIT" });
    expect(await sessions.get(visitor.id)).toMatchObject({ id: visitor.id });
    expect(await sessions.list("ada")).toHaveLength(2);
  });

  it.each([
    { max: 0, onFull: "refuse" },
    { max: 1.5, onFull: "refuse" },
    { max: 2, onFull: "sometimes" },
  ])("%j is refused", async (cap) => {
    const { sessions } = started();
    expect(await failure(sessions.create({}, { userId: "ada", cap: cap as never }))).toMatchObject({
      code: "ERR_CONFIG",
    });
  });

  it("needs a user", async () => {
    const { sessions } = started();
    const cap = { max: 2, onFull: "refuse" } as const;
    expect(await failure(sessions.create({}, { cap }))).toMatchObject({ code: "ERR_CONFIG" });
  });
});

describe("a store that cannot", () => {
  const cap = { max: 2, onFull: "refuse" } as const;
  it.each(["S10", "S13"] as const)("keep %s is refused what needs it, by name", async (clause) => {
    const store = Object.assign(new MapStore(), { cannot: [clause] });
    const { sessions } = started({ store });
    const calls = [() => sessions.create({}, { userId: "ada", cap }), () => sessions.revoke("ada")];
    if (clause === "S10") calls.push(() => sessions.list("ada") as never);
    for (const call of calls) {
      const error = await failure(call());
      expect(error).toMatchObject({ code: "ERR_CONFIG" });
      expect(error.message).toContain(clause);
    }
    expect(await sessions.create({}, { userId: "ada" })).toMatchObject({ userId: "ada" });
  });
});

describe("a user's id that UTF-8 has no form for", () => {
  it("is refused, since all such ids would be one user in a store", async () => {
    const { sessions } = makeSessions();
    const refused = { code: "ERR_CONFIG" };
    for (const userId of ["ada\ud800", "\udc00", ""]) {
      expect(await failure(sessions.create({}, { userId }))).toMatchObject(refused);
      expect(await failure(sessions.list(userId))).toMatchObject(refused);
      expect(await failure(sessions.revoke(userId))).toMatchObject(refused);
    }
    // A pair is one character.
    await sessions.create({}, { userId: "\ud83d\ude00" });
    expect(await sessions.list("\ud83d\ude00")).toHaveLength(1);
  });

  it("names nobody in a seal that is imported", async () => {
    const { stored } = makeSessions({ migrate: { until: Date.now() + 60_000 } });
    const seal = { id: "s1", createdAt: Date.now(), data: {}, userId: "ada\ud800", authenticatedAt: Date.now() };
    const session = await engine.importSealed(stored, seal);
    expect([session.status, session.userId]).toEqual(["stored", undefined]);
  });
});
