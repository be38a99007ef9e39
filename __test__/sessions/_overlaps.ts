// Requests that overlap at random: every call of the store waits before it is done, and again before its reply comes, until
// a seed lets it go on. Time passes meanwhile.

import { vi } from "vitest";

import type { SessionStore } from "ironkeep/sessions";
import { around, engine, MapStore, PASSWORD, seeded, type StoredSession } from "./_sessions.ts";

const { cookieOf, createSession, destroySession, endSealed, importSealed, newSession, openSession, regenerateSession } =
  engine;

/** Scenarios that go on side by side. */
const SIDE_BY_SIDE = 40;
/** In seconds. Longer than any request here takes. */
const TOMBSTONE = 600;
const DAY = 86_400_000;

/** Where calls wait. */
class Gate {
  readonly #waiting: (() => void)[] = [];
  readonly #random: () => number;

  constructor(random: () => number) {
    this.#random = random;
  }

  wait(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Lets one go on. */
  step(): void {
    const at = Math.floor(this.#random() * this.#waiting.length);
    this.#waiting.splice(at, 1)[0]?.();
  }
}

/** How a store may be broken, to see that it is noticed. */
export type Fault = (store: SessionStore) => SessionStore;

class Scenario {
  readonly violations: string[] = [];
  readonly #random: () => number;
  readonly #gate: Gate;
  readonly #stored: ReturnType<typeof engine.toStored>;
  readonly #plain: ReturnType<typeof engine.toStored>;
  readonly #store: SessionStore;
  /** Cookies that a browser may hold, and the seal that it all began with, if it did. */
  readonly #cookies: { cookie: string; userId: string | undefined; end: number }[] = [];
  readonly #seal: { id: string; createdAt: number; data: object } | undefined;
  /** What has ended, by whom it was acknowledged. */
  readonly #ended = new Map<string, string>();
  isDone = false;

  constructor(seed: number, fault: Fault) {
    const random = seeded(seed);
    this.#random = random;
    this.#gate = new Gate(random);
    const store = new MapStore();
    const gate = this.#gate;
    const slow = around(fault(store), async (_, run) => {
      await gate.wait();
      const result = await run();
      await gate.wait();
      return result;
    });
    const lives = { maxAge: random() < 0.3 ? 5 + random() * 40 : 5000, idleTimeout: random() < 0.3 ? 20 : 5000 };
    const migrate = { until: Date.now() + DAY };
    const all = { password: PASSWORD, deadline: 1e6, tombstone: TOMBSTONE, migrate, ...lives };
    this.#stored = engine.toStored({ ...all, store: slow });
    this.#plain = engine.toStored({ ...all, store: fault(store) });
    this.#store = store;
    if (random() < 0.4) this.#seal = { id: `seal ${seed}`, createdAt: Date.now(), data: { n: 0 } };
  }

  step(): void {
    this.#gate.step();
  }

  async run(): Promise<void> {
    if (!this.#seal) {
      const session = newSession();
      await createSession(this.#stored, session, this.#random() < 0.5 ? { userId: "ada" } : {});
      await this.#hold(session);
    }
    const count = 3 + Math.floor(this.#random() * 4);
    await Promise.all(Array.from({ length: count }, () => this.#request()));
    this.isDone = true;
  }

  /** One request: it comes with what a browser holds, waits for a while, and does something. */
  async #request(): Promise<void> {
    for (let waits = Math.floor(this.#random() * 6); waits > 0; waits--) await this.#gate.wait();
    const known = this.#cookies[Math.floor(this.#random() * this.#cookies.length)];
    const name = known && (!this.#seal || this.#random() < 0.7) ? known.cookie : "seal";
    const endedBy = this.#ended.get(name);
    const asked = Date.now();
    const session = await (name === "seal" ? this.#import() : openSession(this.#stored, name));
    if (session.status !== "stored") return;
    if (endedBy) this.violations.push(`read after ${endedBy}`);
    if (session.expiresAt <= asked) this.violations.push("read after its end");
    await this.#hold(session);
    try {
      for (let acts = 1 + Math.floor(this.#random() * 2); acts > 0; acts--) await this.#act(session, name);
    } catch (error) {
      const { code } = error as { code?: string };
      if (code !== "ERR_SESSION_NOT_FOUND" && code !== "ERR_SESSION_CONFLICT") throw error;
    }
  }

  async #import(): Promise<StoredSession> {
    const seal = this.#seal;
    return seal ? importSealed(this.#stored, seal) : newSession();
  }

  async #hold(session: StoredSession): Promise<string> {
    const cookie = await cookieOf(this.#stored, session);
    const { userId, absoluteExpiresAt: end } = session;
    if (!this.#cookies.some((held) => held.cookie === cookie)) this.#cookies.push({ cookie, userId, end });
    return cookie;
  }

  async #act(session: StoredSession, name: string): Promise<void> {
    const cookie = await cookieOf(this.#stored, session);
    const dice = this.#random();
    const endedBy = this.#ended.get(cookie);
    if (dice < 0.45) {
      const version = session.version;
      await engine.saveSession(this.#stored, session, async (data) => {
        if (this.#random() < 0.3) await this.#gate.wait();
        return { n: Number(data["n"] ?? 0) + 1 };
      });
      if (endedBy && session.version > version) this.violations.push(`written after ${endedBy}`);
    } else if (dice < 0.6) {
      await engine.touchSession(this.#stored, session, { force: true });
    } else if (dice < 0.78) {
      const moved = await regenerateSession(this.#stored, session, this.#random() < 0.5 ? { userId: "ada" } : {});
      if (endedBy) this.violations.push(`a new id after ${endedBy}`);
      this.#hasEnded(cookie, "regenerate");
      await this.#hold(moved);
    } else if (dice < 0.9 || !this.#seal) {
      await destroySession(this.#stored, session);
      this.#hasEnded(cookie, "destroy");
    } else {
      await endSealed(this.#stored, this.#seal);
      this.#hasEnded("seal", "clear");
    }
    // Who came with the seal ended what it stands for.
    if (name === "seal" && this.#ended.has(cookie)) this.#hasEnded("seal", `${this.#ended.get(cookie)} of the import`);
  }

  #hasEnded(name: string, by: string): void {
    if (!this.#ended.has(name)) this.#ended.set(name, by);
  }

  /** Looks for what ended. */
  async check(when: string): Promise<void> {
    if (when === "after a cleanup") await this.#store.deleteExpired({ now: Date.now() }, 1000);
    for (const [name, by] of this.#ended) {
      const session = await (name === "seal" && this.#seal
        ? importSealed(this.#plain, this.#seal)
        : openSession(this.#plain, name));
      if (session.status === "stored") this.violations.push(`there again ${when}, though ended by ${by}`);
    }
    for (const { cookie, end } of this.#cookies) {
      if (end > Date.now()) continue;
      if ((await openSession(this.#plain, cookie)).status === "stored") this.violations.push(`there again ${when}`);
    }
  }
}

/** Runs so many scenarios, and gives what they found, each with the seed that repeats it. */
export async function overlaps(count: number, seed: number, fault: Fault = (store) => store): Promise<string[]> {
  const random = seeded(seed);
  const found: string[] = [];
  for (let from = 0; from < count; from += SIDE_BY_SIDE) {
    const seeds = Array.from({ length: Math.min(SIDE_BY_SIDE, count - from) }, () => Math.floor(random() * 2 ** 32));
    const scenarios = seeds.map((each) => new Scenario(each, fault));
    const running = Promise.all(scenarios.map((scenario) => scenario.run()));
    const state = { hasFailed: false };
    running.catch(() => (state.hasFailed = true));
    while (scenarios.some(({ isDone }) => !isDone) && !state.hasFailed) {
      await new Promise(setImmediate);
      vi.setSystemTime(Date.now() + Math.floor(random() * 1000));
      for (const scenario of scenarios) scenario.step();
    }
    await running;
    for (const when of ["at the end", "after the tombstones", "after a cleanup"]) {
      if (when === "after the tombstones") vi.setSystemTime(Date.now() + (TOMBSTONE + 1) * 1000);
      for (const scenario of scenarios) await scenario.check(when);
    }
    scenarios.forEach(({ violations }, at) => {
      for (const violation of violations) found.push(`${violation} (scenario ${seeds[at]})`);
    });
  }
  return found;
}
