import { onTestFinished, vi } from "vitest";

import * as engine from "../../dist/sessions/engine.js";
import type { SessionStore, StoredSessionOptions } from "ironkeep/sessions";
import { createSessions } from "ironkeep/sessions";

import { MapStore } from "../../examples/custom-store/map-store.ts";

export const PASSWORD = "Vb7kQm2xT9sLw4pZcY8nJr5hGf3dA6eU";
export const START = 1_795_000_000_000;

export { engine, MapStore };
export type { StoredSession } from "../../dist/sessions/engine.js";

type Options = Partial<StoredSessionOptions>;

/** A store, what the engine makes of it, and the same sessions as an app has them. */
export function makeSessions(options: Options = {}) {
  const store = options.store ?? new MapStore();
  const all = { password: PASSWORD, deadline: 10_000, ...options, store };
  return { store, stored: engine.toStored(all), sessions: createSessions(all) };
}

/** `Date.now()` stands still, and moves by hand. Timers stay real. */
export function stopClock(start = START): { pass: (seconds: number) => void } {
  vi.useFakeTimers({ toFake: ["Date"], now: start });
  onTestFinished(() => void vi.useRealTimers());
  return { pass: (seconds) => void vi.setSystemTime(Date.now() + seconds * 1000) };
}

/** Pauses before a repetition take no time. */
export function withoutPauses(): void {
  vi.spyOn(Math, "random").mockReturnValue(0);
  onTestFinished(() => void vi.restoreAllMocks());
}

export type Method = Exclude<keyof SessionStore, "driver" | "cannot">;
type Around = (method: Method, run: () => Promise<unknown>, args: readonly unknown[]) => Promise<unknown>;

/** A store around whose calls something else happens. */
export function around(store: SessionStore, hook: Around): SessionStore {
  return new Proxy(store, {
    get(target, property) {
      const value: unknown = Reflect.get(target, property, target);
      if (typeof value !== "function") return value;
      return (...args: unknown[]) =>
        hook(property as Method, () => value.apply(target, args) as Promise<unknown>, args);
    },
  });
}

/** Counts the calls of a store, by method. */
export function counted(store: SessionStore): { store: SessionStore; calls: Record<string, number> } {
  const calls: Record<string, number> = {};
  const counting = around(store, (method, run) => {
    calls[method] = (calls[method] ?? 0) + 1;
    return run();
  });
  return { store: counting, calls };
}

export const storeError = (code: string) => Object.assign(new Error("planted"), { code });

/** Numbers from 0 to 1 that a seed repeats (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What a promise rejects with. */
export async function failure(promise: Promise<unknown>): Promise<Error & { code?: string }> {
  try {
    await promise;
  } catch (error) {
    return error as Error & { code?: string };
  }
  throw new Error("it did not fail");
}
