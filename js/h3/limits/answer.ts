import type { Policy, PolicyDecision } from "../../limit/types.js";
import type { Exchange } from "../_h3.js";
import { attachment } from "../attached.js";
import { isInsideCache } from "../state.js";
import type { Verdict } from "./decide.js";
import { legacyFields, limitField, policyField, retryAfterField, toldOf } from "./fields.js";
import type { Answers } from "./plan.js";
import type { RateLimitDecision } from "./types.js";

const PROBLEM = "https://iana.org/assignments/http-problem-types#quota-exceeded";
const LIMITED = "Too many requests: try again later";
const DENIED = "Requests from this address are not accepted";
const UNAVAILABLE = "The service cannot answer right now: try again later";

/** What the response tells of all limits that were asked in this request. */
interface Told {
  readonly policies: Map<string, Policy>;
  readonly decisions: Map<string, PolicyDecision>;
  /** What was set. */
  readonly headers: Map<string, string>;
}

const states = attachment<Told>();

/** Sets the fields of what was counted. Not where the response is another's too: what a cache keeps goes to everybody. */
export function tell({ exchange, plan, decision }: Verdict): void {
  const { response } = exchange;
  const { fields } = plan.answers;
  if (!response || response.isSent || plan.dryRun || fields === "none" || decision.decisions.length === 0) return;
  // Of buckets that nobody could look at there is nothing to tell.
  if (decision.outcome === "unavailable") return;
  if (isInsideCache(exchange)) return;
  const told = toldIn(exchange, decision.allowed);
  for (const one of toldOf(decision)) told.decisions.set(one.policy, one);
  for (const policy of plan.limiter.policies) {
    if (decision.decisions.some((one) => one.policy === policy.name)) told.policies.set(policy.name, policy);
  }
  if (fields !== "x-ratelimit") {
    told.headers.set("ratelimit-policy", policyField(told.policies.values()));
    told.headers.set("ratelimit", limitField(told.decisions.values()));
  }
  if (fields !== "ratelimit") {
    const legacy = legacyFields(tightest(told.decisions.values()) ?? decision, Date.now());
    for (const [name, value] of legacy) told.headers.set(name, value);
  }
  for (const [name, value] of told.headers) response.set(name, value);
}

/** The fields that are set so far: an error has to carry them itself where its response has no others. */
export function fieldsOf({ owner }: Exchange): Record<string, string> {
  return Object.fromEntries(states.of(owner)?.headers ?? []);
}

/** Of a refusal what others said before is left out: their `t` may be later than `Retry-After`. */
function toldIn({ owner }: Exchange, isAllowed: boolean): Told {
  let told = states.of(owner);
  if (!told) {
    told = { policies: new Map(), decisions: new Map(), headers: new Map() };
    states.put(owner, told);
  }
  if (!isAllowed) told.decisions.clear();
  return told;
}

function tightest(decisions: Iterable<PolicyDecision>): PolicyDecision | undefined {
  let found: PolicyDecision | undefined;
  for (const one of decisions) if (!found || one.remaining < found.remaining) found = one;
  return found;
}

/** A refusal: what is answered, whoever answers it. */
export interface Refusal {
  readonly status: 403 | 429 | 503;
  readonly text: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: object;
}

/** What refusals of a kind say; those of limits say more. */
const KINDS = {
  limited: { status: 429, text: "Too Many Requests", code: "RATE_LIMIT_EXCEEDED", detail: LIMITED },
  denied: { status: 403, text: "Forbidden", code: "ADDRESS_DENIED", detail: DENIED },
  unavailable: { status: 503, text: "Service Unavailable", code: "RATE_LIMIT_UNAVAILABLE", detail: UNAVAILABLE },
} as const;

/** How a request is refused. */
export function refusalOf(decision: RateLimitDecision, { body, message }: Pick<Answers, "body" | "message">): Refusal {
  const { outcome } = decision;
  // With `dryRun` nothing is refused, and what could be is told by its outcome.
  const kind = KINDS[outcome === "denied" || outcome === "unavailable" ? outcome : "limited"];
  const { status, text, code } = kind;
  // What the app says to those who ask too often is not said of an outage.
  const detail = outcome === "unavailable" ? kind.detail : (message ?? kind.detail);
  const isError = body === "error";
  const headers: Record<string, string> = {
    "cache-control": "no-store",
    ...(outcome !== "denied" && { "retry-after": retryAfterField(decision) }),
    "content-type": isError ? "application/json" : "application/problem+json",
  };
  if (isError) return { status, text, headers, body: { error: { code, message: detail } } };
  const problem =
    kind === KINDS.limited
      ? {
          type: PROBLEM,
          title: "Request cannot be satisfied as assigned quota has been exceeded",
          status,
          detail,
          "violated-policies": toldOf(decision).map(({ policy }) => policy),
        }
      : { type: "about:blank", title: text, status, detail };
  return { status, text, headers, body: problem };
}

/** Answers with a refusal: sets status and headers, and gives the body. */
export function refuse(
  { response }: Exchange,
  { status, text, headers, body }: Omit<Refusal, "status"> & { status: number },
): string {
  if (response && !response.isSent) {
    response.setStatus(status, text);
    for (const [name, value] of Object.entries(headers)) response.set(name, value);
  }
  return JSON.stringify(body);
}
