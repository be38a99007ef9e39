// Writes of one process that lose against each other.

import { describe, expect, it } from "vitest";

import { counted, engine, makeSessions, MapStore } from "./_sessions.ts";

const { createSession, newSession, openById, saveSession } = engine;

const WRITERS = 100;

async function session(options: Parameters<typeof makeSessions>[0] = {}) {
  const { store, calls } = counted(new MapStore());
  const made = makeSessions({ store, ...options });
  const first = newSession();
  Object.assign(first.data, { n: 0 });
  await createSession(made.stored, first);
  const open = () => openById(made.stored, first.id);
  return { ...made, calls, open };
}

describe("writes of one session that lose", () => {
  it("wait for each other: each is made two times at most after it lost", async () => {
    const { stored, calls, open } = await session();
    const writers = await Promise.all(Array.from({ length: WRITERS }, open));
    await Promise.all(writers.map((one) => saveSession(stored, one, ({ n }) => ({ n: n + 1 }))));
    expect((await open()).data).toEqual({ n: WRITERS });
    expect(calls["save"]).toBeLessThanOrEqual(WRITERS * 3);
  });

  it("do not wait for ever behind a function that never ends", async () => {
    const { stored, open } = await session({ deadline: 200 });
    const [winner, stuck, late, latest] = [await open(), await open(), await open(), await open()];
    let isStarted = (): void => undefined;
    const started = new Promise<void>((resolve) => {
      isStarted = resolve;
    });
    let runs = 0;
    const never = saveSession(stored, stuck, async () => {
      runs += 1;
      if (runs === 1) await saveSession(stored, winner, { winner: true });
      else {
        isStarted();
        await new Promise<never>(() => undefined);
      }
      return { stuck: true };
    });
    never.catch(() => undefined);
    await started;
    await Promise.all([late, latest].map((one) => saveSession(stored, one, ({ n }) => ({ n: n + 1 }))));
    expect((await open()).data).toEqual({ n: 2, winner: true });
  });

  it("leave no queue behind: what comes later waits for nobody", async () => {
    const { stored, calls, open } = await session();
    const writers = await Promise.all([open(), open(), open()]);
    await Promise.all(writers.map((one) => saveSession(stored, one, ({ n }) => ({ n: n + 1 }))));
    calls["save"] = 0;
    const one = await open();
    for (let time = 0; time < 3; time++) await saveSession(stored, one, ({ n }) => ({ n: n + 1 }));
    expect(calls["save"]).toBe(3);
    expect((await open()).data).toEqual({ n: 6 });
  });
});
