import type { Decision, Policy, PolicyDecision } from "../../limit/types.js";

/** The most that an integer of structured fields can be (RFC 9651, 3.3.1). */
const MAX_INTEGER = 999_999_999_999_999;

/** `RateLimit-Policy` of draft-ietf-httpapi-ratelimit-headers: `"name";q=100;w=60`, one for each policy. */
export function policyField(policies: Iterable<Policy>): string {
  return Array.from(policies, ({ name, limit, window }) => `${text(name)};q=${whole(limit)};w=${whole(window)}`).join(
    ", ",
  );
}

/** `RateLimit` of the same draft: `"name";r=50;t=30`, one for each decision. */
export function limitField(decisions: Iterable<PolicyDecision>): string {
  return Array.from(decisions, (one) => `${text(one.policy)};r=${whole(one.remaining)};t=${effectiveWindow(one)}`).join(
    ", ",
  );
}

/** `t`: seconds until what was refused would be admitted, or else until all is there again. Rounded up, so never too early. */
export function effectiveWindow({ allowed, retryAfter, resetAfter }: PolicyDecision): number {
  return whole(allowed ? resetAfter : retryAfter);
}

/**
 * The decisions that an answer tells of: of a refusal those that refused, since the others' `t` would be later than
 * `Retry-After`, which is not to be earlier than any.
 */
export function toldOf({ allowed, decisions }: Decision): readonly PolicyDecision[] {
  return allowed ? decisions : decisions.filter((one) => !one.allowed);
}

/** `Retry-After` of a refusal, in seconds: not before any of the `t` that are told. */
export function retryAfterField(decision: Decision): string {
  return String(Math.max(...toldOf(decision).map(effectiveWindow), whole(decision.retryAfter)));
}

/** The fields that came before the draft, of one policy. `X-RateLimit-Reset` is an instant, in seconds since the epoch. */
export function legacyFields(
  decision: PolicyDecision,
  now: number,
): readonly (readonly [name: string, value: string])[] {
  return [
    ["x-ratelimit-limit", String(whole(decision.limit))],
    ["x-ratelimit-remaining", String(whole(decision.remaining))],
    ["x-ratelimit-reset", String(Math.ceil(now / 1000 + effectiveWindow(decision)))],
  ];
}

/** A string of structured fields. Names are printable ASCII, which is asked of them when they are read. */
function text(name: string): string {
  return `"${name.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}

/** Rounded up, and within what the field can say. */
function whole(number: number): number {
  return Math.min(Math.max(Math.ceil(number) || 0, 0), MAX_INTEGER);
}
