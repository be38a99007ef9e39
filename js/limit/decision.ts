import type { Receipt } from "./slate.js";
import type { Decision, Policy, PolicyDecision } from "./types.js";

/** A decision, with what is needed to undo it once. */
export class Decided<Name extends string = string> implements Decision<Name> {
  readonly policy: Name;
  readonly allowed: boolean;
  readonly limit: number;
  readonly remaining: number;
  readonly retryAfter: number;
  readonly resetAfter: number;
  declare readonly blockedUntil?: number;
  readonly degraded: boolean;
  readonly at: number;
  /** Of several limits those that were asked, else `undefined`: a decision that held itself could not be written as JSON. */
  #parts: readonly Decided<Name>[] | undefined;
  /** Nothing where nothing was taken, or cannot be given back. */
  #receipt: Receipt | string | undefined;

  /**
   * @param blockedFor for how many seconds a penalty lasts, 0 for none.
   * @param receipt what a refund needs, or a text that ends with it.
   */
  constructor(
    { name, limit }: Pick<Policy<Name>, "limit" | "name">,
    allowed: boolean,
    remaining: number,
    retryAfter: number,
    resetAfter: number,
    degraded: boolean,
    at: number,
    blockedFor: number,
    receipt: Receipt | string | undefined,
  ) {
    this.policy = name;
    this.allowed = allowed;
    this.limit = limit;
    this.remaining = remaining;
    this.retryAfter = retryAfter;
    this.resetAfter = resetAfter;
    this.degraded = degraded;
    this.at = at;
    this.#receipt = receipt;
    // It is an instant for people and logs, which the clock of the buckets is not.
    if (blockedFor > 0) this.blockedUntil = Date.now() + Math.ceil(blockedFor * 1000);
  }

  /** The decision that several come to. */
  static ofSeveral<Name extends string>(parts: readonly Decided<Name>[]): Decided<Name> {
    const decisive = parts.reduce((one, other) => (decides(other, one) ? other : one));
    const { policy, allowed, limit, remaining, retryAfter, resetAfter, degraded, at } = decisive;
    const decision = new Decided(
      { name: policy, limit },
      allowed,
      remaining,
      retryAfter,
      resetAfter,
      degraded,
      at,
      0,
      undefined,
    );
    if (decisive.blockedUntil !== undefined) {
      Object.defineProperty(decision, "blockedUntil", { value: decisive.blockedUntil, enumerable: true });
    }
    decision.#parts = parts;
    return decision;
  }

  get decisions(): readonly PolicyDecision<Name>[] {
    return this.#parts ?? [this];
  }

  /** The receipts of all limits that took, once. Those that are texts are of so many characters. */
  static takeReceipts(decision: Decision, length: number): (Receipt | string)[] {
    if (!(#receipt in decision)) return [];
    const receipts = (decision.#parts ?? [decision]).map((part) => {
      const receipt = part.#receipt;
      part.#receipt = undefined;
      return typeof receipt === "string" ? receipt.slice(-length) : receipt;
    });
    return receipts.filter((receipt) => receipt !== undefined);
  }
}

/** Whether a decision says more than another about when the call could be made: a refusal before an admission. */
function decides(one: PolicyDecision, other: PolicyDecision): boolean {
  if (one.allowed !== other.allowed) return !one.allowed;
  return one.allowed ? one.remaining < other.remaining : one.retryAfter > other.retryAfter;
}
