// How long a call waits for a store, and who may give it up.

import { describe, expect, it } from "vitest";

import { around, engine, failure, makeSessions, MapStore, type Method, storeError } from "./_sessions.ts";

const { createSession, newSession, saveSession } = engine;

/** A store that answers some calls never, or not before so many milliseconds. */
function slow(isSlow: (method: Method) => boolean, ms = Number.POSITIVE_INFINITY) {
  const store = new MapStore();
  const waiting = around(store, async (method, run) => {
    if (isSlow(method)) {
      await new Promise<void>((resolve) => {
        if (ms < Number.POSITIVE_INFINITY) setTimeout(resolve, ms);
      });
    }
    return run();
  });
  return { store, waiting };
}

async function timed(promise: Promise<unknown>): Promise<{ code: string | undefined; ms: number }> {
  const started = performance.now();
  const { code } = await failure(promise);
  return { code, ms: performance.now() - started };
}

describe("a store that never answers", () => {
  it("is an outage within the deadline, of the sessions or the call", async () => {
    const { store, waiting } = slow(() => true);
    const { id } = await makeSessions({ store }).sessions.create();
    const { sessions } = makeSessions({ store: waiting, deadline: 120 });
    const calls: [Promise<unknown>, number][] = [
      [sessions.get(id), 120],
      [sessions.create(), 120],
      [sessions.update(id, { a: 1 }), 120],
      [sessions.delete(id), 120],
      [sessions.list("ada"), 120],
      [sessions.revoke("ada"), 120],
      [sessions.getMany([id]), 120],
      [sessions.get(id, { deadline: 60 }), 60],
      [sessions.create({}, { deadline: 60 }), 60],
    ];
    const late = async ([call, deadline]: [Promise<unknown>, number]) => {
      const { code, ms } = await timed(call);
      return { code, ms: ms - deadline * 1.1 };
    };
    for (const { code, ms } of await Promise.all(calls.map(late))) {
      expect(code).toMatch(/^ERR_STORE_(TIMEOUT|UNAVAILABLE)$/);
      expect(ms).toBeLessThan(100);
    }
  });

  it("is one also for the writes of a request that stand behind each other, of which each can be given up", async () => {
    const { store, waiting } = slow((method) => method === "save" || method === "load");
    const session = newSession();
    await createSession(makeSessions({ store }).stored, session);
    const { stored } = makeSessions({ store: waiting, deadline: 200 });
    const calls = [{}, {}, { signal: AbortSignal.timeout(60) }, { deadline: 60 }, {}];
    const ended = await Promise.all(
      calls.map((call, n) => timed(saveSession(stored, session, { [`k${n}`]: n }, call))),
    );
    for (const { ms } of ended) expect(ms).toBeLessThan(200 * 1.1 + 100);
    expect(ended[2]).toMatchObject({ code: "ERR_ABORTED" });
    expect(ended[3]).toMatchObject({ code: "ERR_STORE_TIMEOUT" });
    for (const n of [2, 3]) expect(ended[n]?.ms).toBeLessThan(60 * 1.1 + 100);
  });

  it("may be waited for as long as a timer goes", async () => {
    const { sessions } = makeSessions({
      store: slow((method) => method === "load", 20).waiting,
      deadline: 2 ** 31 - 1,
    });
    const { id } = await sessions.create({ a: 1 });
    expect((await sessions.get(id))?.data).toEqual({ a: 1 });
  });

  it("is asked nothing for a signal that is none", async () => {
    const store = new MapStore();
    const { sessions } = makeSessions({ store });
    const { id } = await sessions.create({ a: 1 });
    for (const signal of [{ aborted: false }, { aborted: false, addEventListener: () => undefined }, "signal"]) {
      const refused = failure(sessions.update(id, { a: 2 }, { signal: signal as unknown as AbortSignal }));
      expect(await refused).toMatchObject({ code: "ERR_CONFIG", message: "signal: has to be an AbortSignal" });
    }
    expect((await sessions.get(id))?.data).toEqual({ a: 1 });
  });

  it("leaves a write the time to look what became of it", async () => {
    const { store, waiting } = slow((method) => method === "save");
    const { sessions } = makeSessions({ store });
    const { id } = await sessions.create({ n: 0 });
    const { code } = await timed(makeSessions({ store: waiting, deadline: 100 }).sessions.update(id, { n: 1 }));
    expect(code).toBe("ERR_STORE_UNAVAILABLE");
  });

  it("waits for no function of the app", async () => {
    const { sessions } = makeSessions({ deadline: 30 });
    const { id } = await sessions.create({ n: 0 });
    const late = new Promise((resolve) => setTimeout(resolve, 80));
    const updated = await sessions.update(id, async ({ n }) => {
      await late;
      return { n: n + 1 };
    });
    expect(updated.data).toEqual({ n: 1 });
  });
});

describe("an AbortSignal", () => {
  it("is given to the store, and gives a call up that the store does not", async () => {
    const signals: unknown[] = [];
    const { store, waiting } = slow(() => true);
    const { id } = await makeSessions({ store }).sessions.create();
    const watched = around(waiting, (_, run, [call]) => {
      signals.push((call as { signal?: AbortSignal }).signal);
      return run();
    });
    const { sessions } = makeSessions({ store: watched });
    const controller = new AbortController();
    const { signal } = controller;
    const calls = [
      sessions.get(id, { signal }),
      sessions.update(id, { a: 1 }, { signal }),
      sessions.create({}, { signal }),
      sessions.delete(id, { signal }),
    ].map(failure);
    await new Promise(setImmediate);
    controller.abort();
    for (const error of await Promise.all(calls)) expect(error).toMatchObject({ code: "ERR_ABORTED" });
    expect(signals).toEqual([signal, signal, signal, signal]);
    expect(await failure(sessions.get(id, { signal }))).toMatchObject({ code: "ERR_ABORTED" });
    expect(signals).toHaveLength(4);
  });

  it("ends the pause before a repetition", async () => {
    const store = around(new MapStore(), (method, run) =>
      method === "delete" ? Promise.reject(storeError("ERR_STORE_UNAVAILABLE")) : run(),
    );
    const { sessions } = makeSessions({ store, deadline: 60_000 });
    const { id } = await sessions.create();
    const { code, ms } = await timed(sessions.delete(id, { signal: AbortSignal.timeout(5) }));
    expect(code).toMatch(/^ERR_(ABORTED|STORE_UNAVAILABLE)$/);
    expect(ms).toBeLessThan(500);
  });
});
