import { describe, expect, it } from "vitest";

import type { CsrfFacts, CsrfRules, TokenState } from "../../js/h3/csrf-decision.ts";
import { decide, isOrigin } from "../../js/h3/csrf-decision.ts";
import type { Cell } from "./_csrf-table.ts";
import {
  ALLOWED_ORIGIN,
  BY_HEADERS,
  BY_TOKEN,
  HOST,
  JUDGED_BY,
  ORIGINS,
  SITES,
  WITH_SAME_SITE,
  WITH_STRICT,
} from "./_csrf-table.ts";

const SAFE = ["GET", "HEAD", "OPTIONS"];
const OTHERS = ["POST", "PUT", "PATCH", "DELETE", "CONNECT", "TRACE", "QUERY", "get", "Head", "GET ", ""];
const TOKENS = ["not required", "absent", "invalid", "valid"] as const satisfies readonly TokenState[];

const RULES: CsrfRules = {
  isAllowedOrigin: (origin) => origin === ALLOWED_ORIGIN,
  allowSameSite: false,
  strict: false,
};

const FACTS: CsrfFacts = {
  method: "POST",
  isHandshake: false,
  site: undefined,
  origin: undefined,
  host: HOST,
  scheme: undefined,
  token: "not required",
};

const OPTIONS: readonly (readonly [string, CsrfRules, readonly Cell[]])[] = [
  ["no option", RULES, BY_HEADERS],
  ["allowSameSite", { ...RULES, allowSameSite: true }, WITH_SAME_SITE],
  ["strict", { ...RULES, strict: true }, WITH_STRICT],
];

/** Every spelling of every cell, with what is decided of it. */
function decided(cells: readonly Cell[], rules: CsrfRules, change: Partial<CsrfFacts>): [Cell, string, string][] {
  return cells.flatMap((cell) =>
    (SITES[cell.site] ?? []).flatMap((site) =>
      (ORIGINS[cell.origin] ?? []).map((origin): [Cell, string, string] => {
        const reason = decide({ ...FACTS, ...change, site, origin }, rules);
        return [cell, `${change.method}, Sec-Fetch-Site: ${site}, Origin: ${origin}`, reason ?? "allowed"];
      }),
    ),
  );
}

describe("docs/csrf.md is what is decided", () => {
  it("has a whole table", () => {
    const sites = new Set(BY_HEADERS.map(({ site }) => site));
    const origins = new Set(BY_HEADERS.map(({ origin }) => origin));
    expect([...sites].toSorted()).toEqual(Object.keys(SITES).toSorted());
    expect([...origins].toSorted()).toEqual(Object.keys(ORIGINS).toSorted());
    expect(BY_HEADERS).toHaveLength(36);
    expect(BY_TOKEN.map(({ token }) => token)).toEqual([...TOKENS]);
    expect(JUDGED_BY.map(({ by }) => by)).toEqual(["nothing: allowed", "headers", "headers, then token"]);
  });

  for (const [option, rules, cells] of OPTIONS) {
    for (const { token, unsafe, handshake } of BY_TOKEN) {
      it(`any other method, ${option}, token ${token}`, () => {
        for (const method of OTHERS) {
          const change = { method, token: token as TokenState };
          for (const [{ expected }, of, got] of decided(cells, rules, change)) {
            expect({ of, got }).toEqual({ of, got: expected === "allowed" ? unsafe : expected });
          }
          for (const [{ expected }, of, got] of decided(cells, rules, { ...change, isHandshake: true })) {
            expect({ of, got }).toEqual({ of, got: expected === "allowed" ? unsafe : expected });
          }
        }
      });

      it(`a handshake, ${option}, token ${token}`, () => {
        for (const method of SAFE) {
          const change = { method, isHandshake: true, token: token as TokenState };
          for (const [{ expected }, of, got] of decided(cells, rules, change)) {
            expect({ of, got }).toEqual({ of, got: expected === "allowed" ? handshake : expected });
          }
        }
      });

      it(`GET, HEAD and OPTIONS, ${option}, token ${token}`, () => {
        for (const method of SAFE) {
          const all = decided(cells, rules, { method, token: token as TokenState });
          expect(new Set(all.map(([, , got]) => got))).toEqual(new Set(["allowed"]));
        }
      });
    }
  }
});

describe("the own origin", () => {
  const own = (origin: string, change: Partial<CsrfFacts>): string =>
    decide({ ...FACTS, origin, ...change }, RULES) ?? "allowed";

  it.each([
    ["https://app.example", "app.example:443", undefined, "allowed"],
    ["http://app.example", "app.example:80", undefined, "allowed"],
    ["https://app.example", "app.example:80", undefined, "other-origin"],
    ["https://app.example", "APP.Example", undefined, "allowed"],
    ["https://app.example:8443", "app.example:8443", undefined, "allowed"],
    ["https://app.example:8443", "app.example", undefined, "other-origin"],
    ["https://app.example", "app.example:8443", undefined, "other-origin"],
    ["http://127.0.0.1:3000", "127.0.0.1:3000", undefined, "allowed"],
    ["http://localhost:3000", "127.0.0.1:3000", undefined, "other-origin"],
    ["http://[::1]:3000", "[::1]:3000", undefined, "allowed"],
    ["https://xn--bcher-kva.example", "bücher.example", undefined, "allowed"],
    ["http://app.example", "app.example", "https", "other-origin"],
    ["https://app.example", "app.example", "https", "allowed"],
    ["https://app.example", "app.example", "http", "other-origin"],
    ["ws://app.example", "app.example", undefined, "other-origin"],
    ["ftp://app.example", "app.example", undefined, "other-origin"],
  ] as const)("%s at %s, scheme %s: %s", (origin, host, scheme, expected) => {
    expect(own(origin, { host, scheme })).toBe(expected);
  });

  it.each([
    undefined,
    "",
    "app.example/",
    "x@app.example",
    "app.example/x",
    "app.example?",
    "app.example#",
    "a b",
    "a:b:c",
  ])("no origin is that of the host %j", (host) => {
    expect(own("https://app.example", { host })).toBe("other-origin");
  });
});

describe("an origin as browsers write it", () => {
  it.each([
    "https://a.example",
    "http://localhost:3000",
    "http://[::1]:8080",
    "capacitor://localhost",
    "chrome-extension://abcdefghijklmnop",
    "moz-extension://0b7f5f3e-8a51-4a0c-9d6b-3c5a2f1e7d90",
  ])("%s", (text) => {
    expect(isOrigin(text)).toBe(true);
  });

  it.each([
    "null",
    "*",
    "https://*.a.example",
    "https://a.example/",
    "a.example",
    "capacitor://",
    "capacitor://a/b",
    "capacitor://a b",
    "data:text/html,x",
    "javascript://a?b",
  ])("not %s", (text) => {
    expect(isOrigin(text)).toBe(false);
  });
});
