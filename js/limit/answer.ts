import { Decided, type Receipts } from "./decision.js";
import type { Policy, PolicyDecision } from "./types.js";

const ALLOWED = 1;
const DEGRADED = 2;
const BLOCKED = 4;
const RECEIPT = 8;

/** The characters of a receipt. */
const RECEIPT_LENGTH = 56;

const bytes = new Uint8Array(8);
const double = new Float64Array(bytes.buffer);
/** The engine writes the little-endian order; numbers are made of bytes by the machine's. */
const isLittleEndian = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

/**
 * Reads the engine's answer, a text whose characters are bytes: the decisions of the limits that were asked, one after another.
 *
 * @param now when they were asked, in milliseconds.
 */
export function readAnswer<Name extends string>(
  answer: string,
  asked: readonly Policy<Name>[],
  now: number,
): Decided<Name> {
  const reader = new Reader(answer);
  const [first] = asked;
  if (asked.length === 1 && first !== undefined) return reader.decision(first, now);
  return Decided.ofSeveral(asked.map((policy) => reader.decision(policy, now)));
}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  decision<Name extends string>(policy: Policy<Name>, now: number): Decided<Name> {
    const flags = this.#text.charCodeAt(this.#at++);
    const remaining = this.#number();
    const retryAfter = this.#number();
    const resetAfter = this.#number();
    const blockedFor = flags & BLOCKED ? this.#number() : 0;
    const at = flags & RECEIPT ? this.#number() : now;
    const receipts: Receipts = flags & RECEIPT ? this.#text.slice(this.#at, (this.#at += RECEIPT_LENGTH)) : undefined;
    const decision: PolicyDecision<Name> = {
      policy: policy.name,
      allowed: (flags & ALLOWED) !== 0,
      limit: policy.limit,
      remaining,
      retryAfter,
      resetAfter,
      degraded: (flags & DEGRADED) !== 0,
      at,
    };
    return new Decided(decision, blockedFor, receipts);
  }

  #number(): number {
    for (let byte = 0; byte < 8; byte++) {
      bytes[isLittleEndian ? byte : 7 - byte] = this.#text.charCodeAt(this.#at++);
    }
    return double[0] ?? 0;
  }
}
