/**
 * Whether a request is one that the app's own pages may have sent. Pure: docs/csrf.md has it as tables, which its test reads.
 *
 * It is Go's `http.CrossOriginProtection`, with more refused: a header that no browser writes, and an origin of the wrong
 * scheme where the own scheme is known. `Referer` is not looked at: the sending page decides whether there is one.
 */

/** Whether the request carries a CSRF token of the session. */
export type TokenState = "absent" | "invalid" | "not required" | "valid";

/** Why a request is refused. */
export type CsrfReason =
  | "bad-token"
  | "cached"
  | "cross-site"
  | "malformed"
  | "no-headers"
  | "no-token"
  | "null-origin"
  | "other-origin"
  | "same-site";

/** What a request says of itself. Headers are as they were sent. */
export interface CsrfFacts {
  readonly method: string;
  /** A WebSocket handshake, a GET with cookies that is judged like a POST, or what the app wants judged like one. */
  readonly isHandshake: boolean;
  /** `Sec-Fetch-Site`. */
  readonly site: string | undefined;
  /** `Origin`. */
  readonly origin: string | undefined;
  /** The host that the client asked for, with its port where that is not the default. */
  readonly host: string | undefined;
  /** `undefined`: not known, and either one is taken for our own. */
  readonly scheme: "http" | "https" | undefined;
  readonly token: TokenState;
}

/** What the app allows beyond its own pages. */
export interface CsrfRules {
  readonly isAllowedOrigin: (origin: string) => boolean;
  readonly allowSameSite: boolean;
  /** Whether what sends neither header is refused. */
  readonly strict: boolean;
}

const SAFE_METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

const SITES: ReadonlySet<string> = new Set(["cross-site", "none", "same-origin", "same-site"]);

/** The origin of an app that is no web page, such as `capacitor://localhost`. */
const OTHER_ORIGIN = /^[a-z][a-z\d+.-]*:\/\/[!-~]+$/;

/** A host as it stands in an address. */
const HOST = /^[^\s/?#@\\]+$/;

/** Whether a method is one that changes nothing. */
export function isSafeMethod(method: string): boolean {
  return SAFE_METHODS.has(method);
}

/** Whether a text is an origin as browsers write it: no path, no default port, lower case. */
export function isOrigin(text: string): boolean {
  if (text.includes("*")) return false;
  if (/^https?:/.test(text)) return URL.canParse(text) && new URL(text).origin === text;
  return OTHER_ORIGIN.test(text) && HOST.test(text.slice(text.indexOf("://") + 3));
}

/** Judges a request: `undefined` allows it. */
export function decide(facts: CsrfFacts, rules: CsrfRules): CsrfReason | undefined {
  const isSafe = isSafeMethod(facts.method);
  if (isSafe && !facts.isHandshake) return undefined;
  // A handshake has no place for a token.
  return reasonOfHeaders(facts, rules) ?? (isSafe ? undefined : reasonOfToken(facts.token));
}

function reasonOfHeaders(facts: CsrfFacts, rules: CsrfRules): CsrfReason | undefined {
  const { site, origin } = facts;
  const isNull = origin === "null";
  if (site !== undefined && !SITES.has(site)) return "malformed";
  if (origin !== undefined && !isNull && !isOrigin(origin)) return "malformed";
  // A page under `Referrer-Policy: no-referrer` sends `Origin: null` to itself.
  if (site === "same-origin" || site === "none") return undefined;
  if (origin !== undefined && !isNull && rules.isAllowedOrigin(origin)) return undefined;
  if (site === "cross-site") return "cross-site";
  if (site === "same-site") return rules.allowSameSite ? undefined : "same-site";
  if (origin === undefined) return rules.strict ? "no-headers" : undefined;
  if (isNull) return "null-origin";
  return isOwn(origin, facts) ? undefined : "other-origin";
}

function reasonOfToken(token: TokenState): CsrfReason | undefined {
  if (token === "absent") return "no-token";
  return token === "invalid" ? "bad-token" : undefined;
}

function isOwn(origin: string, { host, scheme }: CsrfFacts): boolean {
  const { protocol } = new URL(origin);
  if (scheme === undefined ? protocol !== "http:" && protocol !== "https:" : protocol !== `${scheme}:`) return false;
  if (host === undefined || !HOST.test(host)) return false;
  const own = `${protocol}//${host}`;
  return URL.canParse(own) && new URL(own).origin === origin;
}
