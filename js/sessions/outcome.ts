import type { StoreCall } from "../store/types.js";
import { isUnknown, unknownOutcome, type Waiting } from "./waiting.js";

/** What a look says when it is as it was before the write, which may then be made again. */
export const UNKNOWN = Symbol("unknown");
export type Unknown = typeof UNKNOWN;

/** How often a write of unknown outcome is made again. */
const MAX_RETRIES = 2;
/** Milliseconds before the first of them, doubled for each further one: at most this long, at random. */
const BASE_PAUSE = 25;
const MAX_PAUSE = 500;
/** Of the time that is left. The rest is for looking what became of a write. */
const WRITE_SHARE = 0.75;

/** What a write came to. */
export interface Known<T> {
  readonly result: T;
  /** Whether the same write was made more than once, and the first of them may still have been what was done. */
  readonly wasUnknown: boolean;
}

/**
 * Makes a write, and when nobody says what became of it, looks.
 *
 * @param write with one and the same write token each time, so that a record shows whether it was done.
 * @param look gives the result of a write that was done, `UNKNOWN` when nothing has changed, and throws in all other cases.
 * @throws `ERR_STORE_UNAVAILABLE` when it stays unknown; what the store refuses.
 */
export async function untilKnown<T>(
  waiting: Waiting,
  write: (call: StoreCall) => Promise<T>,
  look: () => Promise<T | Unknown>,
): Promise<Known<T>> {
  for (let tries = 0; ; tries++) {
    let failure: unknown;
    try {
      return { result: await waiting.ask(write, WRITE_SHARE), wasUnknown: tries > 0 };
    } catch (error) {
      if (!isUnknown(error)) throw error;
      failure = error;
    }
    const result = await looked(look);
    if (result !== UNKNOWN) return { result, wasUnknown: true };
    const canRepeat = tries < MAX_RETRIES && (await waiting.pause(Math.min(BASE_PAUSE * 2 ** tries, MAX_PAUSE)));
    if (!canRepeat) throw unknownOutcome(failure);
  }
}

/** A look at a write of which it is known that it was done. */
export async function mustRepeat<T>(look: () => Promise<T | Unknown>): Promise<T> {
  const result = await looked(look);
  if (result === UNKNOWN) throw unknownOutcome();
  return result;
}

/** An outage while looking leaves the write unknown. */
async function looked<T>(look: () => Promise<T>): Promise<T> {
  try {
    return await look();
  } catch (error) {
    throw isUnknown(error) ? unknownOutcome(error) : error;
  }
}

/**
 * Makes a write that may be made any number of times.
 *
 * @throws `ERR_STORE_UNAVAILABLE`, `ERR_STORE_TIMEOUT`.
 */
export async function repeated<T>(waiting: Waiting, write: (call: StoreCall) => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await waiting.ask(write, WRITE_SHARE);
    } catch (error) {
      if (!isUnknown(error) || tries >= MAX_RETRIES) throw error;
      if (!(await waiting.pause(Math.min(BASE_PAUSE * 2 ** tries, MAX_PAUSE)))) throw error;
    }
  }
}
