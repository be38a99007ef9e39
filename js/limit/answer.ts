import { Answers } from "../store/answers.js";
import { Decided } from "./decision.js";
import type { Policy, PolicyDecision } from "./types.js";

const ALLOWED = 1;
const DEGRADED = 2;
const BLOCKED = 4;
const AT = 8;
const RECEIPT = 16;

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
  return readDecisions(new Answers([answer]), asked, now, receiptLength);
}

function readDecision<Name extends string>(
  answers: Answers,
  policy: Policy<Name>,
  now: number,
  receiptLength: number,
): Decided<Name> {
  const flags = answers.outcome();
  const remaining = answers.number();
  const retryAfter = answers.number();
  const resetAfter = answers.number();
  const blockedFor = flags & BLOCKED ? answers.number() : 0;
  const at = flags & AT ? answers.number() : now;
  const receipt = flags & RECEIPT ? answers.slice(receiptLength) : undefined;
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
  return new Decided(decision, blockedFor, receipt);
}
