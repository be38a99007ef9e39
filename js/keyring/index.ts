import { createRing } from "#engine";

import { MAX_DELAY_MS, inTime } from "../deadline.js";
import { debug } from "../debug.js";
import type { EngineRing, RingKeyInput, Sealer, SealerOptions } from "../engine/index.js";
import { ironkeepError, isIronkeepError } from "../errors.js";
import { warnOnce } from "../warn.js";
import { MAKE_SEALER } from "../sealers.js";
import { RingSealer } from "./sealer.js";
import { environmentKeys, type KeyringKey, type KeyringKeys, type KeyringSource, readKeys } from "./source.js";

export type { KeyringKey, KeyringKeys, KeyringSource } from "./source.js";

/** Seconds between two readings of a function. */
const DEFAULT_REFRESH_INTERVAL = 60;
/** Tokens that name unknown keys make the keys be read again at most this often, in milliseconds. */
const UNKNOWN_KEY_INTERVAL = 1000;
/** How long a function may take, in milliseconds. One that never ends would stop every rotation to come. */
const READ_TIMEOUT = 10_000;
/** What a timer takes, in seconds. */
const MAX_INTERVAL = Math.floor(MAX_DELAY_MS / 1000);

/** The options of {@link createKeyring}. */
export interface KeyringOptions {
  /** The keys, newest first, or a function that gives them. @default `IRONKEEP_KEYS` of the environment */
  readonly keys?: KeyringKeys | KeyringSource | undefined;
  /** Seconds after which a function is asked again; 0 for never. @default 60 */
  readonly refreshInterval?: number | undefined;
}

/** What an operator may know of a key. */
export interface KeyringKeyInfo {
  readonly id: string;
  /** From when on it seals, in milliseconds since the epoch; 0 for always. */
  readonly sealFrom: number;
  /** Whether it is the one that seals now. */
  readonly isSealing: boolean;
  /** How many tokens it sealed in this process. */
  readonly sealed: number;
  /** How many tokens it opened in this process. A key that opens none any more can go. */
  readonly opened: number;
}

/**
 * Keys by id, which can be rotated while they are in use: the password of a session.
 *
 * It seals with the newest key whose `sealFrom` has passed, and opens a token with the key that the token names, never by
 * trial.
 */
export class Keyring {
  readonly #source: KeyringSource;
  readonly #isAsked: boolean;
  readonly #interval: number;
  #ring: EngineRing | undefined;
  #isClosed = false;
  /** The reading that is under way, and the one that begins when it ends. */
  #reading: Promise<void> | undefined;
  #nextReading: Promise<void> | undefined;
  #readAt = Number.NEGATIVE_INFINITY;
  #readTwiceAt = Number.NEGATIVE_INFINITY;
  #hasFailed = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @internal Use {@link createKeyring}. */
  constructor(options: KeyringOptions) {
    const { keys = environmentKeys, refreshInterval = DEFAULT_REFRESH_INTERVAL } = options;
    if (typeof refreshInterval !== "number" || !(refreshInterval >= 0 && refreshInterval <= MAX_INTERVAL)) {
      throw ironkeepError("ERR_CONFIG", `refreshInterval: has to be a number of seconds from 0 to ${MAX_INTERVAL}`);
    }
    this.#isAsked = typeof keys === "function" && keys !== environmentKeys;
    this.#interval = this.#isAsked ? refreshInterval * 1000 : 0;
    this.#source = typeof keys === "function" ? keys : () => keys;
    // What is wrong with a list is said where it is written. A function is asked when it is first needed.
    if (!this.#isAsked) this.#take(readKeys(typeof keys === "function" ? environmentKeys() : keys));
  }

  /**
   * Reads the keys again. When it is fulfilled, keys that are no longer there open nothing.
   *
   * @throws `ERR_CONFIG` and `ERR_KEY_WEAK` for keys that are not as they have to be, `ERR_KEYRING_UNAVAILABLE` when the
   * function fails, `ERR_KEYRING_CLOSED`. The keys stay as they were then.
   */
  async refresh(): Promise<void> {
    // A reading that has begun may have seen the keys from before this call.
    this.#nextReading ??= (this.#reading ?? Promise.resolve()).catch(() => undefined).then(() => this.#read());
    return this.#nextReading;
  }

  /**
   * The keys and how they were used, newest first. Empty before a function was first asked.
   *
   * @throws `ERR_KEYRING_CLOSED`.
   */
  keys(): readonly KeyringKeyInfo[] {
    this.requireOpen();
    return this.#ring?.info(Date.now()) ?? [];
  }

  /** Drops the keys and everything derived from them. Sessions that use the ring throw `ERR_KEYRING_CLOSED`. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#ring?.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** @internal What seals and opens with this ring. */
  [MAKE_SEALER](options: SealerOptions): Sealer {
    return new RingSealer(this, options);
  }

  /** @internal The engine's ring, once the keys are there. */
  get engine(): EngineRing | undefined {
    this.requireOpen();
    return this.#ring;
  }

  /**
   * @internal Waits for the first keys.
   * @throws `ERR_KEYRING_UNAVAILABLE`: what is wrong with them says nothing about a token.
   */
  async load(): Promise<void> {
    this.requireOpen();
    if (!this.#ring) await this.#readFor(Date.now());
  }

  /** @internal Whether a token that names an unknown key is a reason to read the keys now. */
  mayReadAgain(now: number): boolean {
    if (!this.#isAsked || this.#isClosed) return false;
    return this.#reading !== undefined || this.#hasFailed || isOver(now, this.#readAt);
  }

  /**
   * @internal Reads the keys for a token that names an unknown one, once, or twice where a reading was under way: that one
   * may have begun before the key was there.
   *
   * @param isKnown whether the keys hold the one that the token names by now.
   * @throws `ERR_KEYRING_UNAVAILABLE`: whether the token is good cannot be told.
   */
  async readAgain(now: number, isKnown: () => boolean): Promise<void> {
    const hasJoined = this.#reading !== undefined;
    await this.#readFor(now);
    if (!hasJoined || isKnown()) return;
    if (this.#reading || this.#nextReading) return this.#readFor(now);
    if (!isOver(now, this.#readTwiceAt)) return;
    this.#readTwiceAt = now;
    await this.#readFor(now);
  }

  /** Reads the keys, or waits for those who do. After a failure nobody is asked for a while. */
  async #readFor(now: number): Promise<void> {
    if (this.#hasFailed && !this.#reading && !isOver(now, this.#readAt)) throw unavailable();
    try {
      await (this.#reading ?? this.refresh());
    } catch (error) {
      this.requireOpen();
      this.#warn(error);
      throw unavailable();
    }
  }

  async #read(): Promise<void> {
    const reading = this.#nextReading;
    this.#reading = reading;
    this.#nextReading = undefined;
    try {
      this.requireOpen();
      const keys = await this.#ask();
      this.requireOpen();
      this.#take(readKeys(keys));
      this.#hasFailed = false;
    } catch (error) {
      this.#hasFailed = true;
      throw error;
    } finally {
      this.#readAt = Date.now();
      if (this.#reading === reading) this.#reading = undefined;
      this.#schedule();
    }
  }

  async #ask(): Promise<KeyringKeys> {
    try {
      return await inTime(this.#source(), READ_TIMEOUT, unavailable);
    } catch (error) {
      if (isIronkeepError(error)) throw error;
      // Its message may quote a configuration that holds keys.
      debug("the function of a key ring failed");
      throw unavailable();
    }
  }

  #take(keys: RingKeyInput[]): void {
    if (this.#ring) this.#ring.replace(keys);
    else this.#ring = createRing(keys);
  }

  /** Asks again in a while, without keeping the process alive. */
  #schedule(): void {
    clearTimeout(this.#timer);
    if (this.#isClosed || this.#interval === 0) return;
    this.#timer = setTimeout(() => {
      this.refresh().catch((error: unknown) => this.#warn(error));
    }, this.#interval);
    this.#timer.unref?.();
  }

  #warn(error: unknown): void {
    if (this.#isClosed) return;
    const code = isIronkeepError(error) ? error.code : "ERR_KEYRING_UNAVAILABLE";
    warnOnce(
      `A key ring could not be read (${code}); it goes on with ${this.#ring ? "the keys that it has" : "no key"}`,
    );
  }

  /** @internal @throws `ERR_KEYRING_CLOSED`. */
  requireOpen(): void {
    if (this.#isClosed) throw ironkeepError("ERR_KEYRING_CLOSED", "The key ring is closed");
  }
}

/** Whether the keys may be read again. Clocks may be set back. */
function isOver(now: number, last: number): boolean {
  return Math.abs(now - last) >= UNKNOWN_KEY_INTERVAL;
}

function unavailable(): Error {
  return ironkeepError("ERR_KEYRING_UNAVAILABLE", "The keys of the key ring could not be read, try again in a second");
}

/**
 * Makes a key ring: the password of a session whose keys can be rotated.
 *
 * @param options the keys, newest first, a function that gives them, or both in an object; `IRONKEEP_KEYS` without any.
 * @throws `ERR_CONFIG` for keys of the wrong form or that are there twice, `ERR_KEY_WEAK` for one under 32 bytes or guessable.
 */
export function createKeyring(options: KeyringOptions | KeyringSource | KeyringKeys = {}): Keyring {
  const isBare = typeof options === "function" || typeof options === "string" || Array.isArray(options);
  return new Keyring(isBare ? { keys: options as KeyringSource | readonly KeyringKey[] } : (options as KeyringOptions));
}
