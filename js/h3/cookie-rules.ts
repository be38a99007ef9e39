import type { SessionCookieOptions } from "./types.js";

/** What a browser would refuse or change. */
export type CookieRule =
  | "attribute-size"
  | "domain"
  | "lifetime"
  | "name"
  | "partitioned"
  | "path"
  | "prefix"
  | "priority"
  | "same-site"
  | "size";

export interface CookieProblem {
  readonly rule: CookieRule;
  /** What is wrong and what to do, without the cookie's value. */
  readonly message: string;
}

/** A cookie, as far as browsers judge it. */
export interface CookieFacts extends Omit<SessionCookieOptions, "encode" | "chunkMaxLength"> {
  readonly name: string;
  /** Of the longest value that it gets, in bytes. */
  readonly valueLength?: number;
  /** Seconds after which it expires, beside `maxAge` and `expires`. */
  readonly lifetime?: number | undefined;
}

/** Seconds: browsers keep no cookie longer (RFC 6265bis, 5.5). */
const MAX_LIFETIME = 400 * 24 * 3600;
/** Bytes of name and value together: more is ignored (RFC 6265bis, 5.6). */
const MAX_SIZE = 4096;
/** Bytes of an attribute's value: a longer attribute is ignored (RFC 6265bis, 5.6). */
const MAX_ATTRIBUTE_SIZE = 1024;

/** HTTP's token, which a cookie's name has to be (RFC 6265bis, 4.1.1). */
const TOKEN = /^[!#$%&'*+\-.^_`|~\w]+$/;
const LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
const DOMAIN = new RegExp(`^\\.?${LABEL}(?:\\.${LABEL})*$`, "i");
const PATH = /^\/[\x20-\x3a\x3c-\x7e]*$/;

/**
 * What the prefixes of a name demand. Browsers compare them without regard to case. `__Http-` and `__Host-Http-` are of the
 * draft after RFC 6265bis (draft-ietf-httpbis-layered-cookies); browsers that do not know the latter take it for `__Host-`.
 */
const PREFIXES: readonly { prefix: string; isHost: boolean; isHttp: boolean }[] = [
  { prefix: "__Host-Http-", isHost: true, isHttp: true },
  { prefix: "__Host-", isHost: true, isHttp: false },
  { prefix: "__Http-", isHost: false, isHttp: true },
  { prefix: "__Secure-", isHost: false, isHttp: false },
];

/**
 * What browsers would refuse, cut or ignore of a cookie, by RFC 6265bis (draft 22) and what followed it. Empty: nothing.
 *
 * @param now milliseconds since the epoch, from which `expires` is judged.
 */
export function cookieProblems(cookie: CookieFacts, now: number): CookieProblem[] {
  return [
    ...nameProblems(cookie),
    ...prefixProblems(cookie),
    ...flagProblems(cookie),
    ...lifetimeProblems(cookie, now),
    ...placeProblems(cookie),
    ...sizeProblems(cookie),
  ];
}

function* nameProblems({ name }: CookieFacts): Generator<CookieProblem> {
  if (!TOKEN.test(name)) {
    yield {
      rule: "name",
      message: "its name is no token of HTTP: use letters, digits, and none of spaces, brackets, quotes or separators",
    };
  }
}

function* prefixProblems(cookie: CookieFacts): Generator<CookieProblem> {
  const name = cookie.name.toLowerCase();
  const found = PREFIXES.find(({ prefix }) => name.startsWith(prefix.toLowerCase()));
  if (!found) return;
  const missing = [
    !cookie.secure && "Secure",
    found.isHttp && !cookie.httpOnly && "HttpOnly",
    found.isHost && cookie.path !== "/" && "Path=/",
    found.isHost && cookie.domain && "no Domain",
  ].filter((demand) => typeof demand === "string");
  if (missing.length > 0) {
    yield { rule: "prefix", message: `the prefix ${found.prefix} of its name demands ${missing.join(", ")}` };
  }
}

function* flagProblems({ partitioned, priority, sameSite, secure }: CookieFacts): Generator<CookieProblem> {
  if (partitioned && !secure) yield { rule: "partitioned", message: "Partitioned demands Secure" };
  const site = typeof sameSite === "string" ? sameSite.toLowerCase() : sameSite;
  if (site === "none" && !secure) yield { rule: "same-site", message: "SameSite=None demands Secure" };
  if (site && ![true, "lax", "none", "strict"].includes(site)) {
    yield { rule: "same-site", message: "SameSite has to be lax, strict or none" };
  }
  if (priority && !["low", "medium", "high"].includes(String(priority).toLowerCase())) {
    yield { rule: "priority", message: "Priority has to be low, medium or high" };
  }
}

function* lifetimeProblems({ expires, lifetime, maxAge }: CookieFacts, now: number): Generator<CookieProblem> {
  if (maxAge !== undefined && !Number.isInteger(maxAge)) {
    yield { rule: "lifetime", message: "Max-Age has to be a whole number of seconds" };
  }
  const time = expires instanceof Date ? expires.getTime() : undefined;
  if (expires && (time === undefined || Number.isNaN(time))) {
    yield { rule: "lifetime", message: "Expires has to be a valid Date" };
  }
  const ends = [maxAge, lifetime, time === undefined ? undefined : (time - now) / 1000];
  if (ends.some((seconds) => seconds !== undefined && seconds > MAX_LIFETIME)) {
    yield { rule: "lifetime", message: "browsers keep a cookie for 400 days at most" };
  }
}

function* placeProblems({ domain, path }: CookieFacts): Generator<CookieProblem> {
  if (domain && (!DOMAIN.test(domain) || domain.length > 254)) {
    yield { rule: "domain", message: "Domain has to be a host name, without a scheme, a port or a path" };
  }
  if (path && !PATH.test(path)) {
    yield { rule: "path", message: "Path has to begin with / and may hold no semicolon or control character" };
  }
}

function* sizeProblems({ domain, name, path, valueLength = 0 }: CookieFacts): Generator<CookieProblem> {
  const size = bytesOf(name) + valueLength;
  if (size > MAX_SIZE) {
    yield {
      rule: "size",
      message: `its name and value may take ${size} bytes, and browsers drop a cookie of more than ${MAX_SIZE}`,
    };
  }
  for (const [attribute, value] of Object.entries({ Domain: domain, Path: path })) {
    if (value && bytesOf(value) > MAX_ATTRIBUTE_SIZE) {
      yield {
        rule: "attribute-size",
        message: `${attribute} takes over ${MAX_ATTRIBUTE_SIZE} bytes, and is ignored then`,
      };
    }
  }
}

function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}
