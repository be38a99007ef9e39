import { defineRateLimit, defineSessionRateLimit, defineUnsealBudget, useRateLimit } from "ironkeep/h3";
import { createRateLimiter } from "ironkeep/limit";
import { describe, expect, it } from "vitest";
import { PASSWORD } from "../h3/_passwords.ts";

const limiter = createRateLimiter({ limits: { a: "10/1m", b: "5/1m" } });
const session = { password: PASSWORD };
const quota = "10/1m";

/** Options as a file without types might have them, and what their error names. */
const WRONG: readonly (readonly [string, unknown])[] = [
  ["options", null],
  ["options", "10/1m"],
  ["quota", {}],
  ["quota", { name: "x" }],
  ["quota", { limiter, quota, name: "a" }],
  ["quota", { limits: { a: {} } }],
  ["quota", { quota: { limit: 10 } }],
  ["window", { quota: "10/1x" }],
  ["limit", { quota: "0/1m" }],
  ["whole number", { quota: { limit: Number.NaN, window: 60 } }],
  ["quotas", { quota, quotas: [] }],
  ["trustedHops", { quota, trustedHops: 1 }],
  ["trustedHop", { quota, address: { trustedHop: 1 } }],
  ["ipv6Prefix", { quota, address: { ipv6Prefix: 0 } }],
  ["address", { quota, address: null }],
  ["name", { quota, name: "" }],
  ["name", { quota, name: 'a"b' }],
  ["name", { quota, name: "a\\b" }],
  ["name", { quota, name: "a\r\nset-cookie: x=1" }],
  ["name", { quota, name: "a\u0000" }],
  ["name", { quota, name: "ä" }],
  ["name", { quota, name: "a".repeat(65) }],
  ["name", { quota, name: 7 }],
  ["name", { limits: { "a\nb": { quota } } }],
  ["name", { name: "a", limits: { a: { quota } } }],
  ["by", { by: "all", limits: { a: { quota } } }],
  ["limits", { limits: {} }],
  ["limits", { limits: [] }],
  ["limits", { limits: { a: "10/1m" } }],
  ["limits", { limits: null }],
  ["limits", { limits: Object.fromEntries(Array.from({ length: 9 }, (_, n) => [`n${n}`, { quota }])) }],
  ["of the limit", { limits: { a: { quota, cost: 1 } } }],
  ["by", { quota, by: "ip" }],
  ["by", { quota, by: [] }],
  ["by", { quota, by: ["address", "nobody"] }],
  ["by", { quota, by: null }],
  ["session", { quota, by: "user" }],
  ["session", { quota, by: ["address", "session"] }],
  ["session", { quota, by: "user", session: PASSWORD }],
  ["whenMissing", { quota, whenMissing: "ignore" }],
  ["whenMissing", { quota, whenMissing: false }],
  ["limiter", { limiter: {} }],
  ["limiter", { limiter: "redis" }],
  ["limiter", { limiter, name: "c" }],
  ["limiter", { limiter, limits: { a: {}, c: {} } }],
  ["limiter", { limiter }],
  ["cost", { quota, cost: 0.5 }],
  ["cost", { quota, cost: -1 }],
  ["cost", { quota, cost: 11 }],
  ["cost", { quota, cost: "1" }],
  ["cost", { quota, cost: null }],
  ["cost", { quota, cost: { other: 1 } }],
  ["cost", { limiter, limits: { a: {}, b: {} }, cost: 6 }],
  ["skip", { quota, skip: true }],
  ["dryRun", { quota, dryRun: "yes" }],
  ["dryRun", { quota, dryRun: 1 }],
  ["allow", { quota, allow: "10.0.0.0/8" }],
  ["allow", { quota, allow: ["10.0.0.1/8"] }],
  ["deny", { quota, deny: ["*"] }],
  ["deny", { quota, deny: [null] }],
  ["fields", { quota, fields: "draft" }],
  ["fields", { quota, fields: false }],
  ["body", { quota, body: "html" }],
  ["message", { quota, message: 7 }],
  ["onLimited", { quota, onLimited: "log" }],
];

/** The code and the text of the error that it throws. */
function failureOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return `${String(Reflect.get(Object(error), "code"))} ${String(Reflect.get(Object(error), "message"))}`;
  }
  return "accepted";
}

describe("options of a rate limit", () => {
  it.each(WRONG)("what is wrong is an error that names %s: %j", async (name, options) => {
    expect(failureOf(() => defineRateLimit(options as never))).toMatch(new RegExp(`^ERR_CONFIG .*${name}`));
    const event = { request: { headers: new Headers() }, context: {} };
    await expect(useRateLimit(event, options as never)).rejects.toMatchObject(
      options === null || typeof options !== "object" ? {} : { code: "ERR_CONFIG" },
    );
  });

  it("name what was meant", () => {
    expect(failureOf(() => defineRateLimit({ qouta: "1/1m" } as never))).toContain('did you mean "quota"');
    expect(failureOf(() => defineRateLimit({ limits: { a: { quota, By: 1 } } } as never))).toContain(
      'did you mean "by"',
    );
    expect(failureOf(() => defineRateLimit({ limiter, name: "c" }))).toContain("a, b");
  });

  it("take every character that a name may have, and the fields hold it", () => {
    const printable = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).join("");
    const names = printable.replaceAll(/["\\]/g, "").match(/.{1,64}/g) ?? [];
    for (const name of [...names, "__proto__", "constructor"]) {
      expect(Object.keys(defineRateLimit({ name, quota }).counts())).toEqual([name]);
      expect(Object.keys(defineRateLimit({ limits: { [name]: { quota } } }).counts())).toEqual([name]);
    }
  });

  it("a limiter of one limit needs no name of it", () => {
    const one = createRateLimiter({ name: "only", quota });
    expect(Object.keys(defineRateLimit({ limiter: one }).counts())).toEqual(["only"]);
  });
});

describe("options of a session's rate limit and of an unseal budget", () => {
  it.each<readonly [string, unknown]>([
    ["options", null],
    ["session", { quota }],
    ["session", { quota, session: "h3" }],
    ["quota", { session }],
    ["sessionHeader", { quota, session, sessionHeader: "x session" }],
    ["sessionHeader", { quota, session, sessionHeader: true }],
    ["by", { quota, session, by: "address" }],
    ["orgId", { quota, session, orgId: "acme" }],
    ["skip", { quota, session, skip: () => true }],
    ["body", { quota, session, body: "problem" }],
    ["limiter", { limiter, session, name: "c" }],
    ["name", { quota, session, name: "a\nb" }],
  ])("what is wrong is an error that names %s: %j", (name, options) => {
    expect(failureOf(() => defineSessionRateLimit(options as never))).toMatch(new RegExp(`^ERR_CONFIG .*${name}`));
    if (["sessionHeader", "by", "orgId", "body"].includes(name)) return;
    expect(failureOf(() => defineUnsealBudget(options as never))).toMatch(new RegExp(`^ERR_CONFIG .*${name}`));
  });
});
