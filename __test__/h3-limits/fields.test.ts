import { type Item, type Parameters, parseList } from "structured-headers";
import { describe, expect, it } from "vitest";
import type { Decision, Policy, PolicyDecision } from "../../dist/limit/types.js";
import { legacyFields, limitField, policyField, retryAfterField, toldOf } from "../../js/h3/limits/fields.ts";
import { choices } from "../h3-stored/_random.ts";

const STATES = 100_000;
const MAX_INTEGER = 999_999_999_999_999;
const PRINTABLE = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).join("");
/** Numbers that a limiter may come to, and those that it should not. */
const ODD = [0, -0, 1e-9, 0.999999999, 1, 1.000000001, 59.5, 60, 31_622_400, 1e15, 1e21, Infinity, -1, Number.NaN];

interface State {
  readonly policies: readonly Policy[];
  readonly decision: Decision;
}

function stateOf(seed: number): State {
  const { below } = choices(seed);
  const number = (most: number): number =>
    below(4) === 0 ? (ODD[below(ODD.length)] as number) : below(most * 1000) / 1000;
  const name = (): string => Array.from({ length: 1 + below(20) }, () => PRINTABLE[below(95)]).join("");
  const policies = Array.from({ length: 1 + below(4) }, () => ({
    name: name(),
    limit: number(1e9),
    window: number(4e7),
  }));
  const decisions = policies.map(({ name: policy, limit }): PolicyDecision => {
    const allowed = below(2) === 0;
    const times = { retryAfter: allowed ? 0 : number(4e7), resetAfter: number(4e7) };
    return { policy, allowed, limit, remaining: number(1e9), ...times, degraded: false, at: 0 };
  });
  // As the engine has it: of those that refused the one that takes longest.
  const refused = decisions.filter(({ allowed }) => !allowed).toSorted((a, b) => b.retryAfter - a.retryAfter);
  const decided = (refused[0] ?? decisions[0]) as PolicyDecision;
  return { policies, decision: { ...decided, decisions } };
}

const rounded = (number: number): number => Math.min(Math.max(Math.ceil(number) || 0, 0), MAX_INTEGER);

function items(field: string): (readonly [unknown, Record<string, unknown>])[] {
  return parseList(field).map((item) => {
    const [value, parameters] = item as Item;
    return [value, Object.fromEntries(parameters as Parameters)];
  });
}

describe("the fields of a decision", () => {
  it(`are what a parser of structured fields reads, in ${STATES} states`, { timeout: 120_000 }, () => {
    for (let seed = 0; seed < STATES; seed++) {
      const { policies, decision } = stateOf(seed);
      const said = items(policyField(policies));
      const meant = policies.map(({ name, limit, window }) => [name, { q: rounded(limit), w: rounded(window) }]);
      if (JSON.stringify(said) !== JSON.stringify(meant)) expect({ seed, said }).toEqual({ seed, said: meant });

      const told = toldOf(decision);
      const limits = items(limitField(told));
      const states = told.map(({ policy, remaining, allowed, retryAfter, resetAfter }) => [
        policy,
        { r: rounded(remaining), t: rounded(allowed ? resetAfter : retryAfter) },
      ]);
      if (JSON.stringify(limits) !== JSON.stringify(states)) expect({ seed, limits }).toEqual({ seed, limits: states });

      const retryAfter = retryAfterField(decision);
      if (!/^\d{1,15}$/.test(retryAfter)) expect.fail(`seed ${seed}: Retry-After: ${retryAfter}`);
      const latest = Math.max(...limits.map(([, parameters]) => Number(parameters["t"])));
      if (Number(retryAfter) < latest && !decision.allowed) expect.fail(`seed ${seed}: ${retryAfter} < ${latest}`);
      for (const [, value] of legacyFields(decision, 1_700_000_000_123)) {
        if (!/^\d{1,16}$/.test(value)) expect.fail(`seed ${seed}: ${value}`);
      }
    }
    expect(items(policyField(stateOf(1).policies))).toHaveLength(stateOf(1).policies.length);
  });

  it("are spelled as in the draft", () => {
    const policies = [
      { name: "burst", limit: 100, window: 60 },
      { name: "daily", limit: 1000, window: 86_400 },
    ];
    expect(policyField(policies)).toBe('"burst";q=100;w=60, "daily";q=1000;w=86400');
    const common = { allowed: true, limit: 100, retryAfter: 0, degraded: false, at: 0 };
    const decisions = [
      { ...common, policy: "burst", remaining: 50, resetAfter: 29.2 },
      { ...common, policy: "daily", remaining: 999, resetAfter: 86.4 },
    ];
    expect(limitField(decisions)).toBe('"burst";r=50;t=30, "daily";r=999;t=87');
  });

  it("of a refusal tell of those that refused, and Retry-After is the longest", () => {
    const common = { limit: 10, remaining: 0, degraded: false, at: 0 };
    const decisions: PolicyDecision[] = [
      { ...common, policy: "a", allowed: false, retryAfter: 0.1, resetAfter: 60 },
      { ...common, policy: "b", allowed: true, remaining: 4, retryAfter: 0, resetAfter: 600 },
      { ...common, policy: "c", allowed: false, retryAfter: 7.01, resetAfter: 70 },
    ];
    const decision = { ...(decisions[2] as PolicyDecision), decisions };
    expect(limitField(toldOf(decision))).toBe('"a";r=0;t=1, "c";r=0;t=8');
    expect(retryAfterField(decision)).toBe("8");
    expect(Object.fromEntries(legacyFields(decision, 1000))).toEqual({
      "x-ratelimit-limit": "10",
      "x-ratelimit-remaining": "0",
      "x-ratelimit-reset": "9",
    });
  });
});
