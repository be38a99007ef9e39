/**
 * h3's session helpers at native speed, for h3 v1 and v2 alike: h3 2.0.8's signatures and behaviour, with repairs; and
 * protection against cross-site request forgery.
 *
 * @module
 */
export { checkCsrf, checkOrigin, csrfToken, defineCsrfProtection } from "./csrf.js";
export type { CsrfEvent, CsrfProtection } from "./csrf.js";
export type { CsrfCheckOptions, CsrfOptions, CsrfRequest } from "./csrf-options.js";
export { clearSession, getSession, sealSession, unsealSession, updateSession, useSession } from "./session.js";
export type {
  Session,
  SessionConfig,
  SessionCookieOptions,
  SessionData,
  SessionEvent,
  SessionManager,
  SessionPassword,
  SessionSealOptions,
  SessionUpdate,
} from "./types.js";
