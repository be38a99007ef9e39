// Redis that is killed and started again, or stops answering, under load: every call ends within its deadline and with a code, no
// attempt is made too often, and calls succeed as soon as the server does.

import { setTimeout as after } from "node:timers/promises";

import { isIronkeepError } from "ironkeep";
import type { NativeSessionStore } from "ironkeep/store";
import { describe, expect, it } from "vitest";

import { hasRedis, openOn, redisOfTest } from "./_redis.ts";
import { newKey, record } from "./_stores.ts";

const CALLS_PER_SECOND = 500;
const TICK_MS = 10;
const DEADLINE = 1000;
/** What a busy machine may add to a deadline. */
const SLACK = 500;
const BACK_WITHIN_MS = 1000;

interface Load {
  calls: number;
  succeeded: number;
  /** When the last call succeeded that was made, by `performance.now()`. */
  lastSuccess: number;
  longest: number;
  readonly codes: Map<string, number>;
  readonly odd: unknown[];
  end(): Promise<void>;
}

/** Calls without end: three loads, and a creation. */
function load(store: NativeSessionStore, keys: readonly string[]): Load {
  const pending = new Set<Promise<void>>();
  const state: Load = {
    calls: 0,
    succeeded: 0,
    lastSuccess: 0,
    longest: 0,
    codes: new Map(),
    odd: [],
    async end() {
      clearInterval(timer);
      await Promise.all(pending);
    },
  };
  const one = async (): Promise<void> => {
    const nth = state.calls++;
    const began = performance.now();
    try {
      if (nth % 4 === 0) await store.create({ now: Date.now() }, newKey(), record("{}"));
      else await store.load({ now: Date.now() }, keys[nth % keys.length] ?? "");
      state.succeeded++;
      state.lastSuccess = performance.now();
    } catch (error) {
      if (isIronkeepError(error)) state.codes.set(error.code, (state.codes.get(error.code) ?? 0) + 1);
      else state.odd.push(error);
    }
    state.longest = Math.max(state.longest, performance.now() - began);
  };
  let due = 0;
  const began = performance.now();
  const timer = setInterval(() => {
    for (const to = ((performance.now() - began) / 1000) * CALLS_PER_SECOND; due < to; due++) {
      const call: Promise<void> = one().finally(() => pending.delete(call));
      pending.add(call);
    }
  }, TICK_MS);
  return state;
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await after(1);
}

const CODES = new Set(["ERR_STORE_TIMEOUT", "ERR_STORE_UNAVAILABLE"]);

describe.each(hasRedis ? ["Redis"] : [])(`%s with ${CALLS_PER_SECOND} calls a second`, () => {
  it("that is killed and started again", { timeout: 120_000 }, async () => {
    const server = await redisOfTest();
    const store = openOn(server, { deadline: DEADLINE });
    const keys = Array.from({ length: 50 }, () => newKey());
    await Promise.all(keys.map((key) => store.create({ now: Date.now() }, key, record("{}"))));
    const under = load(store, keys);
    let attempts = 0;
    for (let round = 0; round < 3; round++) {
      const { succeeded } = under;
      await until(() => under.succeeded > succeeded + 500);
      attempts += await server.scriptsRun();
      await server.kill();
      const { calls } = under;
      await until(() => under.calls > calls + 500);
      await server.start();
      const answered = performance.now();
      await until(() => under.lastSuccess > answered);
      expect(under.lastSuccess - answered).toBeLessThan(BACK_WITHIN_MS);
    }
    await under.end();
    attempts += await server.scriptsRun();
    expect(under.odd).toEqual([]);
    expect([...under.codes.keys()].filter((code) => !CODES.has(code))).toEqual([]);
    expect(under.longest).toBeLessThan(DEADLINE + SLACK);
    expect(attempts).toBeLessThanOrEqual(1.1 * under.calls);
    expect(under.codes.get("ERR_STORE_UNAVAILABLE")).toBeGreaterThan(500);
    const status = store.status();
    expect(status?.attempts).toBeLessThanOrEqual(1.1 * (status?.calls ?? 0) + 4);
    expect(status?.retries).toBeGreaterThan(0);
    expect([status?.breaker, status?.opened]).toEqual(["closed", 0]);
  });

  it("that stops answering, and goes on", { timeout: 120_000 }, async () => {
    const server = await redisOfTest();
    const store = openOn(server, { deadline: 200, resilience: { openFor: 300 } });
    const keys = Array.from({ length: 50 }, () => newKey());
    const under = load(store, keys);
    await until(() => under.succeeded > 200);
    const before = await server.scriptsRun();
    const { calls } = under;
    server.stop();
    await until(() => store.status()?.breaker === "open");
    await until(() => (store.status()?.refused ?? 0) > 50);
    server.goOn();
    await until(() => store.status()?.breaker === "closed");
    const { succeeded } = under;
    await until(() => under.succeeded > succeeded + 100);
    await under.end();
    expect(under.odd).toEqual([]);
    expect([...under.codes.keys()].filter((code) => !CODES.has(code))).toEqual([]);
    expect(under.longest).toBeLessThan(200 + SLACK);
    expect((await server.scriptsRun()) - before).toBeLessThanOrEqual(1.1 * (under.calls - calls));
  });
});

it.each(hasRedis ? [] : [process.platform])("(not run on %s: Redis)", () => {
  expect(hasRedis).toBe(false);
});
