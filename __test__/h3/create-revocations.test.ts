import { mockEvent } from "h3-v2";
import { createRevocations, destroySession, getSession, useSession } from "ironkeep/h3";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { PASSWORD } from "./_passwords.ts";
import { makeSeal } from "./_seals.ts";

const NOW = Date.UTC(2026, 0, 15, 12, 0, 0);
const FULL = { code: "ERR_STORE_UNAVAILABLE" };

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
});
afterEach(() => {
  vi.useRealTimers();
});

describe("createRevocations", () => {
  it("knows nobody at first", () => {
    const revocations = createRevocations();
    expect(revocations.notBefore("u1")).toBeUndefined();
    expect(revocations.isRevoked("s1")).toBe(false);
  });

  it("revokes a user from now or from an instant, and never moves back", () => {
    const revocations = createRevocations();
    revocations.revokeUser("u1");
    expect(revocations.notBefore("u1")).toBe(NOW);
    revocations.revokeUser("u1", NOW - 5000);
    expect(revocations.notBefore("u1")).toBe(NOW);
    revocations.revokeUser("u1", Number.POSITIVE_INFINITY);
    vi.setSystemTime(NOW + 10_000);
    revocations.revokeUser("u1");
    expect(revocations.notBefore("u1")).toBe(Number.POSITIVE_INFINITY);
    expect(revocations.notBefore("u2")).toBeUndefined();
  });

  it("takes no instant that is none", () => {
    for (const before of [Number.NaN, "now", null]) {
      expect(() => createRevocations().revokeUser("u1", before as number)).toThrow(/milliseconds/);
    }
  });

  it("takes no bound and no age that is none", () => {
    for (const odd of [Number.NaN, -1, "100", null] as number[]) {
      expect(() => createRevocations({ maxEntries: odd })).toThrow(/maxEntries/);
    }
    for (const odd of [Number.NaN, -1, "100"] as number[]) {
      expect(() => createRevocations({ maxAge: odd })).toThrow(/maxAge/);
    }
  });

  it("forgets a user when the last session of before has passed its maxAge", () => {
    const revocations = createRevocations({ maxAge: 100 });
    revocations.revokeUser("u1");
    vi.setSystemTime(NOW + 99_999);
    expect(revocations.notBefore("u1")).toBe(NOW);
    vi.setSystemTime(NOW + 100_000);
    expect(revocations.notBefore("u1")).toBeUndefined();
  });

  it("forgets a session at its end, and the later end counts", () => {
    const revocations = createRevocations();
    revocations.revokeSession("s1", NOW + 1000);
    revocations.revokeSession("s2", NOW + 5000);
    revocations.revokeSession("s2", NOW + 1000);
    revocations.revokeSession("s3");
    revocations.revokeSession("s4", Number.NaN);
    const revoked = (): string[] => ["s1", "s2", "s3", "s4"].filter((id) => revocations.isRevoked(id));
    vi.setSystemTime(NOW + 1000);
    expect(revoked()).toEqual(["s2", "s3", "s4"]);
    vi.setSystemTime(NOW + 5000);
    expect(revoked()).toEqual(["s3", "s4"]);
  });

  it("when it is full, refuses, and forgets nothing that has not ended", () => {
    const revocations = createRevocations({ maxEntries: 2, maxAge: 100 });
    revocations.revokeSession("s1", NOW + 1000);
    revocations.revokeSession("s2", NOW + 9000);
    expect(() => revocations.revokeSession("s3", NOW + 9000)).toThrow(expect.objectContaining(FULL));
    expect(["s1", "s2", "s3"].map((id) => revocations.isRevoked(id))).toEqual([true, true, false]);
    revocations.revokeSession("s2", NOW + 10_000);
    vi.setSystemTime(NOW + 1000);
    revocations.revokeSession("s3", NOW + 9000);
    expect(["s1", "s2", "s3"].map((id) => revocations.isRevoked(id))).toEqual([false, true, true]);
    revocations.revokeUser("u1");
    revocations.revokeUser("u2");
    expect(() => revocations.revokeUser("u3")).toThrow(expect.objectContaining(FULL));
    vi.setSystemTime(NOW + 102_000);
    revocations.revokeUser("u3");
    expect(revocations.notBefore("u3")).toBe(NOW + 102_000);
  });
});

describe("sessions of nobody", () => {
  it("fill no place of users, whoever makes them", () => {
    const revocations = createRevocations({ maxEntries: 3 });
    for (let index = 0; index < 3; index++) revocations.revokeSession(`stranger ${index}`, NOW + 1000);
    expect(() => revocations.revokeSession("stranger 3", NOW + 1000)).toThrow(expect.objectContaining(FULL));
    for (let index = 0; index < 3; index++) revocations.revokeSession(`session ${index}`, NOW + 1000, "u1");
    expect(() => revocations.revokeSession("session 3", NOW + 1000, "u1")).toThrow(expect.objectContaining(FULL));
    const kept = ["stranger 0", "stranger 2", "session 0", "session 2"];
    expect(kept.filter((id) => revocations.isRevoked(id))).toEqual(kept);
  });

  it("that were destroyed keep no user from signing out", async () => {
    const config = { password: PASSWORD, maxAge: 3600, revocation: createRevocations({ maxEntries: 2 }) };
    const destroy = async (payload: object): Promise<void> => {
      const headers = { cookie: `h3=${await makeSeal(payload, PASSWORD)}` };
      await destroySession(mockEvent("http://localhost/", { headers }), config);
    };
    const anonymous = { createdAt: NOW, data: {} };
    await destroy({ ...anonymous, id: "a1" });
    await destroy({ ...anonymous, id: "a2" });
    await expect(destroy({ ...anonymous, id: "a3" })).rejects.toMatchObject(FULL);
    await destroy({ ...anonymous, id: "s1", userId: "u1", authenticatedAt: NOW });
    expect(config.revocation.isRevoked("s1")).toBe(true);
  });
});

describe("a session in a WebSocket's context", () => {
  const payload = { id: "s1", createdAt: NOW, data: { a: 1 }, userId: "u1", authenticatedAt: NOW };

  it("ends when it is revoked, though the socket stays open", async () => {
    const revocation = createRevocations();
    const config = { password: PASSWORD, revocation };
    const headers = new Headers({ cookie: `h3=${await makeSeal(payload, PASSWORD)}`, "sec-websocket-key": "x" });
    const peer = { request: { headers }, context: {} };
    const session = await useSession(peer, config);
    expect(session.userId).toBe("u1");
    revocation.revokeUser("u1", NOW + 1);
    expect((await getSession(peer, config)).userId).toBeUndefined();
    expect(session.userId).toBeUndefined();
    expect(session.data).toEqual({});
  });

  it("is neither let in nor ended by a revocation that fails", async () => {
    let fails = false;
    const revocation = {
      notBefore: async () => {
        if (fails) throw new Error("no store");
        return undefined;
      },
    };
    const config = { password: PASSWORD, revocation };
    const headers = new Headers({ cookie: `h3=${await makeSeal(payload, PASSWORD)}`, "sec-websocket-key": "x" });
    const peer = { request: { headers }, context: {} };
    await useSession(peer, config);
    fails = true;
    await expect(getSession(peer, config)).rejects.toMatchObject(FULL);
    fails = false;
    expect((await getSession(peer, config)).userId).toBe("u1");
  });
});
