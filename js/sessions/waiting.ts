import { MAX_DELAY_MS } from "../deadline.js";
import { debug } from "../debug.js";
import { type ErrorCode, ironkeepError, isIronkeepError } from "../errors.js";
import { isSignal } from "../store/signal.js";
import type { StoreCall } from "../store/types.js";
import { type Stored, toDeadline } from "./context.js";
import type { Turn } from "./state.js";
import type { CallOptions } from "./types.js";

/** A store has its own deadline, and more to say about what was late: it is waited for a little longer than that. */
const GRACE = 1.05;
const GRACE_MS = 10;
/** How long a write waits for another of the same session object before it is taken for one that waits for itself. */
const MAX_TURN_MS = 30_000;
/** Below this many milliseconds nothing can be asked any more. */
const LEAST = 1;

/** What a call may still wait for: the time in functions of the app is none of it. */
export class Waiting {
  readonly #stored: Stored;
  readonly #signal: AbortSignal | undefined;
  #left: number;
  #spent = 0;
  /** Since when it waits for the store; `undefined` while it does not. */
  #since: number | undefined;

  /** @throws `ERR_CONFIG` for a deadline or a signal that is none. */
  constructor(stored: Stored, { signal, deadline }: CallOptions = {}) {
    if (signal !== undefined && !isSignal(signal)) {
      throw ironkeepError("ERR_CONFIG", "signal: has to be an AbortSignal");
    }
    this.#stored = stored;
    this.#signal = signal;
    this.#left = toDeadline(deadline) ?? stored.deadline;
  }

  /** Milliseconds that it has waited for the store, up to now. */
  get spent(): number {
    return this.#spent + (this.#since === undefined ? 0 : performance.now() - this.#since);
  }

  /** Whether there is time to ask the store anything. */
  get hasTime(): boolean {
    return this.#left >= LEAST;
  }

  /**
   * Asks the store.
   *
   * @param share of what is left that this may take: who may have to look what became of it needs the rest for that.
   * @throws `ERR_STORE_TIMEOUT`, `ERR_STORE_UNAVAILABLE`, `ERR_ABORTED`, and what else the store says by code.
   */
  async ask<T>(make: (call: StoreCall) => Promise<T>, share = 1): Promise<T> {
    this.#checkSignal();
    if (!this.hasTime) throw timeout();
    const deadline = this.#left * share;
    const call: StoreCall = { now: Date.now(), deadline };
    if (this.#signal) call.signal = this.#signal;
    try {
      return await this.#counted(() => this.#within(make(call), deadline * GRACE + GRACE_MS));
    } catch (error) {
      throw this.#toOwn(error);
    }
  }

  /** Waits for a random part of the time, and says whether there is any left afterwards. */
  async pause(longest: number): Promise<boolean> {
    this.#checkSignal();
    const ms = Math.random() * longest;
    if (this.#left - ms < LEAST) return false;
    if (ms < LEAST) return true;
    await this.#counted(() => this.#within(undefined, ms));
    this.#checkSignal();
    return this.hasTime;
  }

  /** Waits for something that never fails, for a share of the time at most, and says whether there is any left afterwards. */
  async waitFor(promise: Promise<void>, share: number): Promise<boolean> {
    this.#checkSignal();
    await this.#counted(() => this.#within(promise, this.#left * share)).catch(notYet);
    return this.hasTime;
  }

  /**
   * Waits for the end of another write of the same session object. What that one waits for the store is waited for here too, so
   * that an outage takes nobody longer than the deadline.
   *
   * @throws `ERR_STORE_TIMEOUT`, `ERR_ABORTED`; `ERR_CONFIG` when it does not end.
   */
  async behind({ waiting, over }: Turn): Promise<void> {
    const [before, spent] = [this.#left, waiting.spent];
    for (let waited = 0, isOver = false; !isOver;) {
      this.#checkSignal();
      const ms = Math.min(this.#left, MAX_TURN_MS - waited);
      isOver = await this.#within(
        over.then(() => true),
        ms,
      ).catch(notYet);
      waited += ms;
      this.#left = before - (waiting.spent - spent);
      if (isOver) return;
      if (!this.hasTime) throw timeout();
      if (waited >= MAX_TURN_MS) throw stuck();
    }
  }

  async #counted<T>(wait: () => Promise<T>): Promise<T> {
    const started = (this.#since = performance.now());
    try {
      return await wait();
    } finally {
      const ms = performance.now() - started;
      this.#since = undefined;
      this.#spent += ms;
      this.#left -= ms;
    }
  }

  /** Settles as the promise does, or, without one, when the time is over. */
  #within<T>(promise: Promise<T>, ms: number): Promise<T>;
  #within(promise: undefined, ms: number): Promise<void>;
  #within<T>(promise: Promise<T> | undefined, ms: number): Promise<T | void> {
    return new Promise((resolve, reject) => {
      const signal = this.#signal;
      const timer = setTimeout(() => end(() => (promise ? reject(timeout()) : resolve())), Math.min(ms, MAX_DELAY_MS));
      // A pause is short, and somebody waits for it; a store that never answers must not keep the process alive.
      if (promise) timer.unref?.();
      const aborted = () => end(() => reject(gaveUp()));
      const end = (settle: () => void) => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", aborted);
        settle();
      };
      signal?.addEventListener("abort", aborted, { once: true });
      promise?.then(
        (value) => end(() => resolve(value)),
        (error: unknown) => end(() => reject(error as Error)),
      );
    });
  }

  #checkSignal(): void {
    if (this.#signal?.aborted) throw gaveUp();
  }

  /** What a store throws that is no error of ours may quote anything. */
  #toOwn(error: unknown): unknown {
    if (isIronkeepError(error)) return error;
    const { driver } = this.#stored.store;
    debug(`the session store "${driver}" failed: ${error instanceof Error ? error.name : typeof error}`);
    return ironkeepError("ERR_STORE_UNAVAILABLE", `The session store "${driver}" failed, try again in a second`);
  }
}

/** Whether it is unknown what became of a write that failed so. */
export function isUnknown(error: unknown): boolean {
  return hasCode(error, "ERR_STORE_TIMEOUT") || hasCode(error, "ERR_STORE_UNAVAILABLE");
}

export function hasCode(error: unknown, code: ErrorCode): boolean {
  return isIronkeepError(error) && error.code === code;
}

/** Nobody knows whether it was done. `last`: what the store said last, which tells an app what to do about it. */
export function unknownOutcome(last?: unknown): Error {
  const said = isIronkeepError(last) ? `. It said: ${last.message}` : "";
  return ironkeepError(
    "ERR_STORE_UNAVAILABLE",
    `The session store did not say what became of a write, so it may have been done: try again in a second${said}`,
  );
}

function timeout(): Error {
  return ironkeepError("ERR_STORE_TIMEOUT", "The session store did not answer within its deadline");
}

/** The time of a wait was over, and it has to be seen what that means. */
function notYet(error: unknown): false {
  if (hasCode(error, "ERR_STORE_TIMEOUT")) return false;
  throw error;
}

function stuck(): Error {
  return ironkeepError(
    "ERR_CONFIG",
    `A write of this session has not ended for ${MAX_TURN_MS / 1000} s. An updater must not wait for another write of the ` +
      "same session, since that one waits for it",
  );
}

function gaveUp(): Error {
  return ironkeepError("ERR_ABORTED", "The call was given up by its AbortSignal");
}
