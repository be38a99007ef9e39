// When a session ends by itself, and what puts that off.

import { describe, expect, it } from "vitest";

import { counted, engine, failure, makeSessions, MapStore, stopClock } from "./_sessions.ts";

const { cookieOf, createSession, extendSession, newSession, openById, saveSession, touchSession } = engine;

async function begun(options: Parameters<typeof makeSessions>[0] = {}) {
  const clock = stopClock();
  const counting = counted(new MapStore());
  const made = makeSessions({ store: counting.store, ...options });
  const session = newSession();
  await createSession(made.stored, session);
  const open = () => openById(made.stored, session.id);
  return { ...made, clock, calls: counting.calls, session, open, cookie: await cookieOf(made.stored, session) };
}

describe("a session", () => {
  it("ends at its maxAge, however active", async () => {
    const { stored, clock, open } = await begun({ maxAge: 100, idleTimeout: 60 });
    for (let at = 50; at < 100; at += 10) {
      clock.pass(at === 50 ? 50 : 10);
      const session = await open();
      await touchSession(stored, session);
      await saveSession(stored, session, { at });
    }
    expect((await open()).status).toBe("stored");
    clock.pass(10);
    expect((await open()).status).toBe("new");
  });

  it("ends at its idleTimeout, which reads do not put off and touches do", async () => {
    const { stored, clock, open } = await begun({ idleTimeout: 60 });
    clock.pass(50);
    await touchSession(stored, await open());
    clock.pass(50);
    expect((await open()).status).toBe("stored");
    clock.pass(10);
    expect((await open()).status).toBe("new");
  });

  it("lives 30 days unless said otherwise, and 400 with an idle time", async () => {
    const days = 86_400_000;
    const { session } = await begun();
    expect(session.absoluteExpiresAt - session.createdAt).toBe(30 * days);
    const idle = (await begun({ idleTimeout: 60 })).session;
    expect(idle.absoluteExpiresAt - idle.createdAt).toBe(400 * days);
    expect(idle.expiresAt - idle.createdAt).toBe(60_000);
  });
});

describe("a touch", () => {
  it("happens when a tenth of the idle time has passed, and once in a request", async () => {
    const { stored, clock, calls, open } = await begun({ idleTimeout: 100 });
    clock.pass(9.999);
    await touchSession(stored, await open());
    expect(calls["touch"]).toBeUndefined();
    clock.pass(0.001);
    const session = await open();
    await Promise.all([touchSession(stored, session), touchSession(stored, session)]);
    clock.pass(50);
    await touchSession(stored, session);
    expect(calls["touch"]).toBe(1);
    await touchSession(stored, session, { force: true });
    expect(calls["touch"]).toBe(2);
    expect(session.lastSeenAt).toBe(Date.now());
    expect(session.expiresAt).toBe(Date.now() + 100_000);
  });

  it("is none after a write of the same request, and none without an idle time", async () => {
    const { stored, clock, calls, open } = await begun({ idleTimeout: 100 });
    clock.pass(50);
    const session = await open();
    await saveSession(stored, session, { a: 1 });
    await touchSession(stored, session);
    expect(calls["touch"]).toBeUndefined();
    const endless = await begun();
    endless.clock.pass(50);
    await touchSession(endless.stored, await endless.open(), { force: true });
    expect(endless.calls["touch"]).toBeUndefined();
  });

  it("of a session that is over says so", async () => {
    const { stored, clock, sessions, open } = await begun({ idleTimeout: 100 });
    const told: unknown[] = [];
    sessions.on("expired", ({ handle }) => told.push(handle));
    clock.pass(50);
    const session = await open();
    clock.pass(50);
    expect(await touchSession(stored, session)).toBe(false);
    expect(session.status).toBe("ended");
    expect(told).toEqual([session.key]);
    expect(await failure(saveSession(stored, session, { a: 1 }))).toMatchObject({ code: "ERR_SESSION_NOT_FOUND" });
  });

  it("is what the cookie alone gets by validate", async () => {
    const { sessions, clock, calls, cookie, session } = await begun({ idleTimeout: 100 });
    clock.pass(99);
    expect(await sessions.validate(cookie)).toMatchObject({ id: session.id, lastSeenAt: Date.now() });
    expect(await sessions.get(session.id)).toMatchObject({ id: session.id });
    expect(calls["touch"]).toBe(1);
    clock.pass(100);
    expect(await sessions.validate(cookie)).toBeUndefined();
    expect(await sessions.validate("0.AA.AA")).toBeUndefined();
  });
});

describe("an extension", () => {
  it("begins the life again, as the options or the call say", async () => {
    const { stored, clock, open, session } = await begun({ maxAge: 100 });
    clock.pass(90);
    await extendSession(stored, await open());
    clock.pass(90);
    const again = await open();
    expect(again.status).toBe("stored");
    await extendSession(stored, again, { maxAge: 1000, idleTimeout: 10, label: "kiosk" });
    expect(await open()).toMatchObject({
      absoluteExpiresAt: Date.now() + 1_000_000,
      expiresAt: Date.now() + 10_000,
      label: "kiosk",
      createdAt: session.createdAt,
    });
    expect(again).toMatchObject({ expiresAt: Date.now() + 10_000, absoluteExpiresAt: Date.now() + 1_000_000 });
  });

  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY, "60"])("by %s is refused", async (maxAge) => {
    const { stored, open } = await begun();
    const extending = extendSession(stored, await open(), { maxAge: maxAge as number });
    expect(await failure(extending)).toMatchObject({ code: "ERR_CONFIG" });
  });
});
