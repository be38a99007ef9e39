/**
 * h3's session helpers at native speed, for h3 v1 and v2 alike: h3 2.0.8's signatures and behaviour, with repairs; protection
 * against cross-site request forgery, and rate limits.
 *
 * @module
 */
export { checkCsrf, checkOrigin, csrfToken, defineCsrfProtection } from "./csrf.js";
export type { CsrfEvent, CsrfProtection } from "./csrf.js";
export type { CsrfCheckOptions, CsrfOptions, CsrfRequest } from "./csrf-options.js";
export { flashSession } from "./flash.js";
export { clientAddress } from "./limits/client-address.js";
export type { ClientAddressOptions, RateLimitEvent } from "./limits/client-address.js";
export { defineRateLimit, rateLimitError, useRateLimit } from "./limits/rate-limit.js";
export { defineSessionRateLimit, limitedSession } from "./limits/session-rate-limit.js";
export type {
  LimitedSession,
  SessionRateLimit,
  SessionRateLimitCode,
  SessionRateLimitOptions,
  SessionRateLimitResult,
} from "./limits/session-rate-limit.js";
export type {
  RateLimit,
  RateLimitCost,
  RateLimitDecision,
  RateLimitKey,
  RateLimitOptions,
  RateLimitRule,
  RateLimitSource,
} from "./limits/types.js";
export { defineUnsealBudget } from "./limits/unseal-budget.js";
export type { UnsealBudget, UnsealBudgetOptions } from "./limits/unseal-budget.js";
export { useSession } from "./manager.js";
export { regenerateSession } from "./regenerate.js";
export { createRevocations } from "./revocation.js";
export type { Revocations, RevocationsOptions, SessionRevocation } from "./revocation.js";
export {
  clearSession,
  destroySession,
  getSession,
  replaceSession,
  sealSession,
  touchSession,
  unsealSession,
  updateSession,
} from "./session.js";
export type { SchemaOutput, StandardSchemaIssue, StandardSchemaResult, StandardSchemaV1 } from "../standard-schema.js";
export type {
  DataOf,
  RegenerateOptions,
  Session,
  SessionConfig,
  SessionConfigWith,
  SessionCookieOptions,
  SessionData,
  SessionEvent,
  SessionFlash,
  SessionManager,
  SessionPassword,
  SessionSealOptions,
  SessionUpdate,
} from "./types.js";
