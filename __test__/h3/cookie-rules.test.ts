import { describe, expect, it } from "vitest";

import type { CookieFacts, CookieRule } from "../../dist/h3/cookie-rules.js";
import { cookieProblems } from "../../dist/h3/cookie-rules.js";

const NOW = Date.UTC(2026, 0, 15, 12, 0, 0);
const DAY = 24 * 3600;
const in400Days = NOW + 400 * DAY * 1000;

/** What a session has by default. */
const DEFAULT = { name: "h3", path: "/", secure: true, httpOnly: true, sameSite: "lax", valueLength: 4000 } as const;

type Row = readonly [title: string, cookie: Partial<CookieFacts>, ...rules: CookieRule[]];

const ROWS: readonly Row[] = [
  ["the default cookie", {}],

  ["a name of all characters of a token", { name: "!#$%&'*+-.^_`|~09azAZ" }],
  ["an empty name", { name: "" }, "name"],
  ["a space in the name", { name: "my session" }, "name"],
  ["an equals sign in the name", { name: "a=b" }, "name"],
  ["a semicolon in the name", { name: "a;b" }, "name"],
  ["a colon in the name", { name: "app:session" }, "name"],
  ["a control character in the name", { name: "a\u0000b" }, "name"],
  ["a letter outside of ASCII in the name", { name: "séance" }, "name"],

  ["__Secure- with Secure", { name: "__Secure-s", domain: "example.com", path: "/app" }],
  ["__Secure- without Secure", { name: "__Secure-s", secure: false }, "prefix"],
  ["__secure- in another case", { name: "__sEcUrE-s", secure: false }, "prefix"],
  ["__Host- as it should be", { name: "__Host-s" }],
  ["__Host- without Secure", { name: "__Host-s", secure: false }, "prefix"],
  ["__Host- with a domain", { name: "__Host-s", domain: "example.com" }, "prefix"],
  ["__Host- on another path", { name: "__Host-s", path: "/app" }, "prefix"],
  ["__Host- without a path", { name: "__Host-s", path: undefined }, "prefix"],
  ["__HOST- in another case", { name: "__HOST-s", path: "/app" }, "prefix"],
  ["__Host- that scripts can read", { name: "__Host-s", httpOnly: false }],
  ["__Http- as it should be", { name: "__Http-s", domain: "example.com", path: "/app" }],
  ["__Http- without HttpOnly", { name: "__Http-s", httpOnly: false }, "prefix"],
  ["__Http- without Secure", { name: "__Http-s", secure: false }, "prefix"],
  ["__Host-Http- as it should be", { name: "__Host-Http-s" }],
  ["__Host-Http- without HttpOnly", { name: "__Host-Http-s", httpOnly: false }, "prefix"],
  ["__Host-Http- with a domain", { name: "__Host-Http-s", domain: "example.com" }, "prefix"],
  ["__Host-Http- on another path", { name: "__Host-Http-s", path: "/app" }, "prefix"],
  ["a prefix of one underscore", { name: "_Host-s", path: "/app", secure: false }],

  ["Partitioned with Secure", { partitioned: true }],
  ["Partitioned without Secure", { partitioned: true, secure: false }, "partitioned"],
  ["SameSite=None with Secure", { sameSite: "none" }],
  ["SameSite=None without Secure", { sameSite: "none", secure: false }, "same-site"],
  ["SameSite=Lax without Secure", { secure: false }],
  ["SameSite: true", { sameSite: true }],
  ["SameSite: false", { sameSite: false }],
  ["SameSite in capitals", { sameSite: "NONE" as "none", secure: false }, "same-site"],
  ["another SameSite", { sameSite: "some" as "none" }, "same-site"],
  ["a priority", { priority: "high" }],
  ["another priority", { priority: "urgent" as "high" }, "priority"],

  ["Max-Age of 400 days", { maxAge: 400 * DAY }],
  ["Max-Age over 400 days", { maxAge: 400 * DAY + 1 }, "lifetime"],
  ["Max-Age of half a second", { maxAge: 0.5 }, "lifetime"],
  ["Max-Age that is no number", { maxAge: Number.NaN }, "lifetime"],
  ["Max-Age of 0 and less, which delete", { maxAge: -1 }],
  ["Expires in 400 days", { expires: new Date(in400Days) }],
  ["Expires in over 400 days", { expires: new Date(in400Days + 1000) }, "lifetime"],
  ["Expires that is no date", { expires: new Date(Number.NaN) }, "lifetime"],
  ["Expires as a text", { expires: "tomorrow" as unknown as Date }, "lifetime"],
  ["a session of 400 days", { lifetime: 400 * DAY }],
  ["a session of over 400 days", { lifetime: 401 * DAY }, "lifetime"],

  ["name and value of 4096 bytes", { name: "n".repeat(96), valueLength: 4000 }],
  ["name and value of 4097 bytes", { name: "n".repeat(97), valueLength: 4000 }, "size"],
  ["a path of 1024 bytes", { path: `/${"p".repeat(1023)}` }],
  ["a path of 1025 bytes", { path: `/${"p".repeat(1024)}` }, "attribute-size"],
  ["a domain of 1025 bytes", { domain: `${"d.".repeat(512)}d` }, "domain", "attribute-size"],

  ["a domain", { domain: "app.example.com" }],
  ["a domain with a dot before it", { domain: ".example.com" }],
  ["localhost", { domain: "localhost" }],
  ["a domain in punycode", { domain: "xn--bcher-kva.example" }],
  ["a domain in Unicode", { domain: "bücher.example" }, "domain"],
  ["a domain with a port", { domain: "example.com:3000" }, "domain"],
  ["a URL for a domain", { domain: "https://example.com" }, "domain"],
  ["a domain with a wildcard", { domain: "*.example.com" }, "domain"],
  ["a domain that ends in a dot", { domain: "example.com." }, "domain"],
  ["a domain with a label of 64 characters", { domain: `${"a".repeat(64)}.example` }, "domain"],
  ["a domain over 253 characters", { domain: `${"a.".repeat(127)}example` }, "domain"],
  ["a domain with a semicolon", { domain: "a.example; Secure" }, "domain"],

  ["a path without a slash before it", { path: "app" }, "path"],
  ["a path with a semicolon", { path: "/app;x" }, "path"],
  ["a path with a line break", { path: "/app\r\nx" }, "path"],

  [
    "several at once",
    { name: "__Host-a b", secure: false, sameSite: "none", partitioned: true, path: "x", maxAge: 1e9 },
    "name",
    "prefix",
    "partitioned",
    "same-site",
    "lifetime",
    "path",
  ],
];

describe("the rules of cookies", () => {
  it.each(ROWS.map(([title, cookie, ...rules]) => ({ title, cookie, rules })))("$title", ({ cookie, rules }) => {
    const problems = cookieProblems({ ...DEFAULT, ...cookie }, NOW);
    expect(problems.map(({ rule }) => rule)).toEqual(rules);
  });

  it("every rule is in the table", () => {
    const rules = new Set(ROWS.flatMap(([, , ...found]) => found));
    expect([...rules].toSorted()).toEqual([
      "attribute-size",
      "domain",
      "lifetime",
      "name",
      "partitioned",
      "path",
      "prefix",
      "priority",
      "same-site",
      "size",
    ]);
  });

  it("a message says all that a prefix demands", () => {
    const cookie = { name: "__Host-Http-s", path: "/app", domain: "example.com" };
    const [problem] = cookieProblems(cookie, NOW);
    expect(problem?.message).toBe("the prefix __Host-Http- of its name demands Secure, HttpOnly, Path=/, no Domain");
  });
});
