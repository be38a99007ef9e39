import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { BUILDS_WITHIN_MS, type Workspace, example, workspace } from "./_workspace.ts";

/** What is wrong in a page, a handler and the configuration, and where: each is one error, in its line. */
const PLANTED: readonly (readonly [file: string, text: string, line: number])[] = [
  [
    "app/pages/planted.vue",
    '<script setup lang="ts">\nconst { user } = useUserSession();\nconst age: number = user.value?.age;\nvoid age;\n</script>\n\n<template><p /></template>\n',
    3,
  ],
  [
    "server/api/planted.get.ts",
    "export default defineEventHandler((event) => {\n  return useSession(event, { maxAge: 'long' });\n});\n",
    2,
  ],
];

describe("types of the example", () => {
  let space: Workspace;
  let app: string;

  beforeAll(async () => {
    space = await workspace();
    app = space.app(example);
    await space.run(app, "nuxt", ["prepare"]);
  }, BUILDS_WITHIN_MS);

  afterAll(() => space?.remove());

  it(
    "are right: users, what is exposed, helpers by name, options and limits of routes",
    async () => {
      const { stdout } = await space.run(app, "vue-tsc", ["-b", "--noEmit"]);
      expect(stdout).toBe("");
    },
    BUILDS_WITHIN_MS,
  );

  it(
    "find what is wrong, at its line",
    async () => {
      for (const [file, text] of PLANTED) writeFileSync(join(app, file), text);
      const config =
        'export default defineNuxtConfig({\n  ironkeep: { load: "never" },\n  routeRules: { "/a": { ironkeep: { rateLimits: 1 } } },\n});\n';
      writeFileSync(join(app, "nuxt.config.ts"), config);
      const checked = space.run(app, "vue-tsc", ["-b", "--noEmit"]);
      const problem = await checked.then(String, (error: Error) => error.message);
      const places = [...problem.matchAll(/^(\S+)\((\d+),\d+\): error TS/gm)].map(
        ([, file, line]) => `${file}:${line}`,
      );
      const expected = [...PLANTED.map(([file, , line]) => `${file}:${line}`), "nuxt.config.ts:2", "nuxt.config.ts:3"];
      expect(new Set(places)).toEqual(new Set(expected));
    },
    BUILDS_WITHIN_MS,
  );
});
