import { Answers, numberAt, wordAt } from "../store/answers.js";
import { Decided } from "./decision.js";
import type { Policy } from "./types.js";

const ALLOWED = 1;
const DEGRADED = 2;
const BLOCKED = 4;
const AT = 8;
const RECEIPT = 16;
const WAITS = 32;

/** The characters of a receipt, by where the buckets are. */
export const RECEIPT_LENGTH = { memory: 56, redis: 57 };

/**
 * Reads the decisions of one call, one for each limit that was asked.
 *
 * @param now when they were asked, in milliseconds.
 */
export function readDecisions<Name extends string>(
  answers: Answers,
  asked: readonly Policy<Name>[],
  now: number,
  receiptLength: number,
): Decided<Name> {
  const [first] = asked;
  if (asked.length === 1 && first !== undefined) return readDecision(answers, first, now, receiptLength);
  return Decided.ofSeveral(asked.map((policy) => readDecision(answers, policy, now, receiptLength)));
}

/** {@link readDecisions} of an answer that has nothing else. */
export function readAnswer<Name extends string>(
  answer: string,
  asked: readonly Policy<Name>[],
  now: number,
  receiptLength: number,
): Decided<Name> {
  return readDecisions(new Answers(answer), asked, now, receiptLength);
}

/** {@link readAnswer} of one limit in memory. */
export function readOne<Name extends string>(answer: string, policy: Policy<Name>, now: number): Decided<Name> {
  if (answer.charCodeAt(0) !== (ALLOWED | RECEIPT)) {
    return readDecision(new Answers(answer), policy, now, RECEIPT_LENGTH.memory);
  }
  // What nearly all are. The receipt is its end, and cut off if it is asked for.
  return new Decided(policy, true, wordAt(answer, 1), 0, numberAt(answer, 5), false, now, 0, answer);
}

function readDecision<Name extends string>(
  answers: Answers,
  policy: Policy<Name>,
  now: number,
  receiptLength: number,
): Decided<Name> {
  const flags = answers.outcome();
  const remaining = answers.word();
  const resetAfter = answers.number();
  const retryAfter = flags & WAITS ? answers.number() : 0;
  const blockedFor = flags & BLOCKED ? answers.number() : 0;
  const at = flags & AT ? answers.number() : now;
  const receipt = flags & RECEIPT ? answers.slice(receiptLength) : undefined;
  const allowed = (flags & ALLOWED) !== 0;
  const degraded = (flags & DEGRADED) !== 0;
  return new Decided(policy, allowed, remaining, retryAfter, resetAfter, degraded, at, blockedFor, receipt);
}
