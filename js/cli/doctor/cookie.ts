import { type CookieFacts, type CookieProblem, cookieProblems, type CookieRule } from "../../h3/cookie-rules.js";
import { longestCookie } from "../../h3/cookies.js";
import { nearest } from "../../nearest.js";
import { UsageError } from "../outcome.js";
import type { Finding, Level } from "./finding.js";

type Settings = Readonly<Record<string, unknown>>;

/** What the helpers set where the app says nothing. */
const DEFAULTS = { name: "h3", path: "/", secure: true, httpOnly: true, sameSite: "lax" };

const isText = (value: unknown) => typeof value === "string";
const isSwitch = (value: unknown) => typeof value === "boolean";
const isNumber = (value: unknown) => typeof value === "number";

/** The attributes that JSON can hold, what each is, and whether a value is that. */
const FORMS: Readonly<Record<string, readonly [is: (value: unknown) => boolean, what: string]>> = {
  name: [(value) => isText(value) && value !== "", "text"],
  domain: [isText, "text"],
  path: [isText, "text"],
  priority: [isText, "text"],
  expires: [(value) => isText(value) && !Number.isNaN(Date.parse(String(value))), "a date as text"],
  sameSite: [(value) => isText(value) || isSwitch(value), "text, true or false"],
  secure: [isSwitch, "true or false"],
  httpOnly: [isSwitch, "true or false"],
  partitioned: [isSwitch, "true or false"],
  maxAge: [isNumber, "a number"],
  chunkMaxLength: [isNumber, "a number"],
};

/** What a browser does: it refuses the cookie, or takes it and leaves out or shortens what is wrong. */
const LEVELS: Readonly<Record<CookieRule, Level>> = {
  "attribute-size": "warn",
  domain: "error",
  lifetime: "warn",
  name: "error",
  partitioned: "error",
  path: "warn",
  prefix: "error",
  priority: "warn",
  "same-site": "error",
  size: "error",
};

/**
 * Reads `--cookie`: the session's name, and the attributes of its cookie.
 *
 * @throws {UsageError} for what is no object of JSON. The text is not repeated.
 */
export function parseCookie(text: string): Settings {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Settings;
  throw new UsageError('--cookie takes the settings as JSON, such as {"name":"__Host-x","secure":false}');
}

/**
 * What browsers refuse or change of these settings.
 *
 * @param now milliseconds since the epoch.
 */
export function checkCookie(settings: Settings, now: number): Finding[] {
  const findings = Object.entries(settings).flatMap(([key, value]) => checkForm(key, value));
  if (findings.some(({ level }) => level === "error")) return findings;
  findings.push(...cookieProblems(toFacts(settings), now).map((problem) => toFinding(problem)));
  if (findings.length > 0) return findings;
  return [{ check: "cookie", level: "ok", message: "Browsers take a cookie with these settings" }];
}

function checkForm(key: string, value: unknown): Finding[] {
  const form = Object.hasOwn(FORMS, key) ? FORMS[key] : undefined;
  if (!form) {
    const meant = nearest(key, Object.keys(FORMS));
    const message = meant
      ? `An attribute does not exist; "${meant}" was probably meant`
      : "An attribute does not exist";
    return [{ check: "cookie", level: "warn", message, advice: `There is: ${Object.keys(FORMS).join(", ")}` }];
  }
  const [is, what] = form;
  if (is(value)) return [];
  return [{ check: "cookie", level: "error", message: `${key} is not ${what}`, advice: `Give ${what}` }];
}

function toFacts(settings: Settings): CookieFacts {
  const { expires, ...facts } = { ...DEFAULTS, ...settings } as CookieFacts & {
    expires?: string;
    chunkMaxLength?: number;
  };
  return {
    ...facts,
    name: longestCookie.name(facts.name),
    valueLength: longestCookie.value(facts),
    ...(expires !== undefined && { expires: new Date(expires) }),
  };
}

function toFinding({ rule, message }: CookieProblem): Finding {
  const advice = "Change the session's name, or its `cookie` in the config";
  return { check: "cookie", level: LEVELS[rule], message: `Of the cookie, ${message}`, advice };
}
