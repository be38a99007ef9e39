import { createRateLimiter } from "../../limit/index.js";
import type { Quota, RateLimiter } from "../../limit/types.js";
import { Recent } from "../../recent.js";

/** The quotas of limits by their names. */
export type NamedQuotas = Readonly<Record<string, Quota>>;

/** Under which all limits of the process that have no limiter of their own share one ceiling of memory. */
const SHARED = "ironkeep/h3";
/** More sets of limits than an app has. What is forgotten finds its buckets again. */
const MAX_LIMITERS = 1000;

const limiters = new Recent<RateLimiter>(MAX_LIMITERS);

/**
 * The limiter in memory of these limits, found again by their content: options may be written inside a handler.
 *
 * @throws `ERR_CONFIG` for a quota that is none.
 */
export function limiterOf(limits: NamedQuotas): RateLimiter {
  const content = JSON.stringify(limits);
  let limiter = limiters.get(content);
  if (!limiter) {
    limiter = createRateLimiter({ limits, shared: SHARED });
    limiters.set(content, limiter);
  }
  return limiter;
}
