import type { EngineRateLimiter } from "../engine/index.js";
import { readOne } from "./answer.js";
import { Decided } from "./decision.js";
import type { Policy } from "./types.js";

// The places, which `src/binding/rate_limiter/slate.rs` has too. In doubles:
const LIMIT = 0;
const COST = 1;
const NOW = 2;
const LENGTH = 3;
const ALLOWED = 4;
const REMAINING = 5;
const RESET = 6;
const RETRY = 7;
const RECEIPT = 8;
// In bytes, behind the doubles.
const KEY = 136;
const KEY_LENGTH = 64;

/** The right to undo a decision, once. */
export type Receipt = readonly number[];

/** The memory in which the calls of every request cross; nobody else has it, so that it stays where it is. */
export class Slate {
  readonly #engine: EngineRateLimiter;
  readonly #numbers: Float64Array;
  readonly #key: Uint8Array;

  constructor(engine: EngineRateLimiter) {
    const { buffer, byteOffset, byteLength } = engine.slate;
    this.#engine = engine;
    this.#numbers = new Float64Array(buffer, byteOffset, KEY / 8);
    this.#key = new Uint8Array(buffer, byteOffset + KEY, byteLength - KEY);
  }

  /** Takes from one bucket. `undefined` for what has no place here: a long key, one that is not ASCII, and what is of another type. */
  consume<Name extends string>(
    place: number,
    policy: Policy<Name>,
    key: string,
    cost: unknown,
    now: unknown,
  ): Decided<Name> | undefined {
    const { length } = key;
    if (length > KEY_LENGTH || typeof cost !== "number" || typeof now !== "number") return undefined;
    const bytes = this.#key;
    let seen = 0;
    for (let at = 0; at < length; at++) {
      const unit = key.charCodeAt(at);
      bytes[at] = unit;
      seen |= unit;
    }
    if (seen > 0x7f) return undefined;
    const numbers = this.#numbers;
    numbers[LIMIT] = place;
    numbers[COST] = cost;
    numbers[NOW] = now;
    numbers[LENGTH] = length;
    const answer = this.#engine.consumeSlate();
    if (answer !== null) return readOne(answer, policy, now);
    const isAllowed = numbers[ALLOWED] === 1;
    return new Decided(
      policy,
      isAllowed,
      numbers[REMAINING] as number,
      numbers[RETRY] as number,
      numbers[RESET] as number,
      false,
      now,
      0,
      isAllowed ? receiptOn(numbers) : undefined,
    );
  }

  /** Whether it was undone. */
  refund(receipt: Receipt, now: number): boolean {
    this.#numbers.set(receipt, RECEIPT);
    this.#numbers[NOW] = now;
    return this.#engine.refundSlate() === null;
  }
}

/** Written out, since that takes a fifth of the time of a slice. */
function receiptOn(numbers: Float64Array): Receipt {
  return [
    numbers[RECEIPT],
    numbers[RECEIPT + 1],
    numbers[RECEIPT + 2],
    numbers[RECEIPT + 3],
    numbers[RECEIPT + 4],
    numbers[RECEIPT + 5],
    numbers[RECEIPT + 6],
    numbers[RECEIPT + 7],
    numbers[RECEIPT + 8],
  ] as number[];
}
