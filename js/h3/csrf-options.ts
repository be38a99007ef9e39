import { ironkeepError } from "../errors.js";
import { nearest } from "../nearest.js";
import { isOrigin } from "./csrf-decision.js";
import type { SessionConfig } from "./types.js";

/** A request, as far as an app's own rules look at it. */
export interface CsrfRequest {
  readonly method: string;
  /** The path as it was sent, without its query. Empty where it is not known. */
  readonly path: string;
  header(name: string): string | undefined;
}

/** The options of the CSRF protection. */
export interface CsrfOptions {
  /**
   * Other origins that may send requests, such as `https://admin.example.com`: exactly these, or those for which a function
   * gives `true`. Never for `null`.
   */
  readonly allowedOrigins?: readonly string[] | ((origin: string, request: CsrfRequest) => boolean) | undefined;
  /** Whether other hosts of the same site may send requests, as far as the browser tells. @default false */
  readonly allowSameSite?: boolean | undefined;
  /** Whether a request with neither `Sec-Fetch-Site` nor `Origin` is refused, which is no browser's since 2020. @default false */
  readonly strict?: boolean | undefined;
  /**
   * Requests that are not judged, such as webhooks: paths (`/hooks/stripe`), everything under one (`/hooks/**`), or those for
   * which a function gives `true`.
   */
  readonly bypass?: readonly string[] | ((request: CsrfRequest) => boolean) | undefined;
  /** Whether the first host of `X-Forwarded-Host` is our own: behind a proxy that sets it. @default false */
  readonly xForwardedHost?: boolean | undefined;
  /** Whether the first scheme of `X-Forwarded-Proto` is our own: behind a proxy that sets it. @default false */
  readonly xForwardedProto?: boolean | undefined;
  /** The configuration of the session whose token is required as well; see `csrfToken`. */
  readonly session?: SessionConfig | undefined;
  /** The request header that carries the token. @default "x-csrf-token" */
  readonly tokenHeader?: string | undefined;
}

/** The options of `checkCsrf`. */
export interface CsrfCheckOptions extends CsrfOptions {
  /** The token where it is not in the header, such as a form's field. It needs `session`. */
  readonly token?: unknown;
}

/** The options once they are read. */
export interface CsrfPolicy {
  readonly isAllowedOrigin: (origin: string, request: CsrfRequest) => boolean;
  readonly isBypassed: (request: CsrfRequest) => boolean;
  readonly allowSameSite: boolean;
  readonly strict: boolean;
  readonly xForwardedHost: boolean;
  readonly xForwardedProto: boolean;
  readonly session: SessionConfig | undefined;
  /** In lower case. */
  readonly tokenHeader: string;
}

const KEYS: ReadonlySet<string> = new Set<keyof CsrfOptions>([
  "allowedOrigins",
  "allowSameSite",
  "strict",
  "bypass",
  "xForwardedHost",
  "xForwardedProto",
  "session",
  "tokenHeader",
]);

const HEADER_NAME = /^[\w!#$%&'*+.^`|~-]+$/;

/** A path that a router may take for another: with dots, separators twice, or either of them encoded. */
const AMBIGUOUS_PATH = /\/\/|\\|%(?:25)*(?:2e|2f|5c)|\/\.{1,2}(?:\/|$)/i;

/**
 * Reads the options of a protection. What is wrong with one would leave requests unjudged, so all of it is an error.
 *
 * @throws `ERR_CONFIG` that names the option.
 */
export function readCsrfOptions(options: CsrfOptions): CsrfPolicy {
  for (const key of Object.keys(options)) if (!KEYS.has(key)) throw unknown(key);
  const { session, tokenHeader = "x-csrf-token" } = options;
  if (session !== undefined && (typeof session !== "object" || session === null)) {
    throw wrong("session", "the configuration of a session");
  }
  if (typeof tokenHeader !== "string" || !HEADER_NAME.test(tokenHeader)) {
    throw wrong("tokenHeader", "the name of a header");
  }
  return {
    isAllowedOrigin: readOrigins(options.allowedOrigins),
    isBypassed: readBypass(options.bypass),
    allowSameSite: readFlag(options, "allowSameSite"),
    strict: readFlag(options, "strict"),
    xForwardedHost: readFlag(options, "xForwardedHost"),
    xForwardedProto: readFlag(options, "xForwardedProto"),
    session,
    tokenHeader: tokenHeader.toLowerCase(),
  };
}

function readFlag(
  options: CsrfOptions,
  name: "allowSameSite" | "strict" | "xForwardedHost" | "xForwardedProto",
): boolean {
  const { [name]: flag = false } = options;
  if (typeof flag !== "boolean") throw wrong(name, "true or false");
  return flag;
}

function readOrigins(allowed: CsrfOptions["allowedOrigins"] = []): CsrfPolicy["isAllowedOrigin"] {
  // A promise counts as no: nobody waits for it.
  if (typeof allowed === "function") return (origin, request) => allowed(origin, request) === true;
  if (!Array.isArray(allowed)) throw wrong("allowedOrigins", "a list of origins, or a function");
  const isExact = allowed.every((origin) => typeof origin === "string" && isOrigin(origin));
  if (!isExact) {
    throw wrong(
      "allowedOrigins",
      "origins as browsers write them, such as https://admin.example.com: without a path or a star",
    );
  }
  const origins: ReadonlySet<string> = new Set(allowed);
  return (origin) => origins.has(origin);
}

function readBypass(bypass: CsrfOptions["bypass"] = []): CsrfPolicy["isBypassed"] {
  if (typeof bypass === "function") return (request) => bypass(request) === true;
  if (!Array.isArray(bypass)) throw wrong("bypass", "a list of paths, or a function");
  const patterns = bypass.map(readPattern);
  return ({ path }) => patterns.length > 0 && !AMBIGUOUS_PATH.test(path) && patterns.some((matches) => matches(path));
}

function readPattern(pattern: unknown): (path: string) => boolean {
  const text = typeof pattern === "string" ? pattern : "";
  const base = text.endsWith("/**") ? text.slice(0, -"/**".length) : text;
  const isPlain = base.startsWith("/") && !/[*?#:]/.test(base) && !AMBIGUOUS_PATH.test(base);
  if (!isPlain) throw wrong("bypass", 'paths such as "/hooks/stripe", or "/hooks/**" for everything under one');
  if (base === text) return (path) => path === base;
  return (path) => path === base || path.startsWith(`${base}/`);
}

function unknown(key: string): Error {
  const meant = nearest(key, KEYS);
  const advice = meant ? `; did you mean "${meant}"?` : "";
  return ironkeepError("ERR_CONFIG", `The option "${key}" of the CSRF protection does not exist${advice}`);
}

function wrong(name: string, what: string): Error {
  return ironkeepError("ERR_CONFIG", `${name}: has to be ${what}`);
}
