import { existsSync } from "node:fs";
import { join } from "node:path";

import * as ironkeep from "ironkeep";
import * as h3 from "ironkeep/h3";
import * as iron from "ironkeep/iron";
import * as limit from "ironkeep/limit";
import * as nitro from "ironkeep/nitro";
import * as nitroRuntime from "ironkeep/nitro/runtime";
import * as nuxt from "ironkeep/nuxt";
import * as nuxtServer from "ironkeep/nuxt/server";
import * as sessions from "ironkeep/sessions";
import * as store from "ironkeep/store";
import * as testing from "ironkeep/testing";
import * as unstorage from "ironkeep/unstorage";
import { describe, expect, it } from "vitest";

import { ROOT, importIn, manifest } from "./_package.ts";

const ENTRIES = [
  ["ironkeep", ironkeep, ["createKeyring", "isIronkeepError", "version"]],
  [
    "ironkeep/h3",
    h3,
    [
      "checkCsrf",
      "checkOrigin",
      "clearSession",
      "clientAddress",
      "createRevocations",
      "csrfToken",
      "defineCsrfProtection",
      "defineRateLimit",
      "defineSessionRateLimit",
      "defineUnsealBudget",
      "destroySession",
      "flashSession",
      "getSession",
      "limitedSession",
      "rateLimitError",
      "regenerateSession",
      "replaceSession",
      "sealSession",
      "touchSession",
      "unsealSession",
      "updateSession",
      "useRateLimit",
      "useSession",
    ],
  ],
  ["ironkeep/iron", iron, ["defaults", "seal", "sealSync", "unseal", "unsealSync"]],
  ["ironkeep/limit", limit, ["createRateLimiter"]],
  ["ironkeep/nitro", nitro, ["default", "setupNitro"]],
  [
    "ironkeep/nitro/runtime",
    nitroRuntime,
    [
      "clearSession",
      "destroySession",
      "flashSession",
      "getSession",
      "regenerateSession",
      "replaceSession",
      "sealSession",
      "sessionConfig",
      "startSessions",
      "touchSession",
      "unsealSession",
      "updateSession",
      "useSession",
      "useSessionStore",
      "useSessions",
    ],
  ],
  ["ironkeep/nuxt", nuxt, ["default"]],
  [
    "ironkeep/nuxt/server",
    nuxtServer,
    ["answerSignOut", "answerUserSession", "endUserSession", "limitRoute", "readUserSession"],
  ],
  ["ironkeep/sessions", sessions, ["createSessions"]],
  ["ironkeep/store", store, ["createStore"]],
  ["ironkeep/testing", testing, ["storeClauses"]],
  ["ironkeep/unstorage", unstorage, ["createUnstorageStore"]],
] as const;

describe("exports", () => {
  it.each(ENTRIES)("%s", (_entry, module, names) => {
    expect(Object.keys(module).toSorted()).toEqual([...names]);
  });

  it.each(ENTRIES)("%s, in plain Node", (entry, _module, names) => {
    expect(importIn(ROOT, entry)).toEqual({ exports: [...names] });
  });

  it.each(ENTRIES)("%s, by require()", (entry, _module, names) => {
    const preparation = `const { createRequire } = await import("node:module");
      const required = createRequire(import.meta.url)(${JSON.stringify(entry)});
      const imported = await import(${JSON.stringify(entry)});
      if (Object.keys(imported).some((name) => imported[name] !== required[name])) throw new Error("two instances")`;
    expect(importIn(ROOT, entry, preparation)).toEqual({ exports: [...names] });
  });

  it("are these entries, and package.json", () => {
    const entries = ENTRIES.map(([entry]) => entry.replace(/^ironkeep/, "."));
    expect(Object.keys(manifest.exports)).toEqual([...entries, "./package.json"]);
  });

  it("name types before anything else, and files that exist", () => {
    const conditional = Object.values(manifest.exports).filter((target) => typeof target !== "string");
    expect(conditional.map((target) => Object.keys(target)[0])).toEqual(ENTRIES.map(() => "types"));
    const paths = conditional.flatMap((target) => Object.values(target));
    expect(paths.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });

  it("tell the version of the package", () => {
    expect(ironkeep.version).toBe(manifest.version);
  });
});
