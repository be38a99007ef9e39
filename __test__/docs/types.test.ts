// Every example of the documentation compiles in a user's strict project, as it stands.

import { readFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { compile } from "../types/_workspace.ts";
import { type Example, examples, ROOT } from "./_pages.ts";

/** The project that an example is in: most are in handlers of h3 2, and all of Nuxt's in an app of it. */
const projectOf = ({ name }: Example): "nuxt" | "surroundings" =>
  name.startsWith("docs/nuxt.md ") ? "nuxt" : "surroundings";

const surroundingsOf = (project: string): string =>
  readFileSync(join(import.meta.dirname, `fixtures/${project}.d.ts`), "utf8");
const MAP_STORE = readFileSync(join(ROOT, "examples/custom-store/map-store.ts"), "utf8");

/** Examples that are a piece of an object. */
const PIECES = /^\w+: /;

const fileOf = ({ name }: Example): string => `${name.replaceAll(/[^\w]+/g, "-")}.ts`;

/** The errors of examples, each with its page and line. */
async function errorsOf(list: readonly Example[]): Promise<string[]> {
  const projects = new Set(list.map(projectOf));
  const errors = [...projects].map((project) =>
    errorsIn(
      project,
      list.filter((example) => projectOf(example) === project),
    ),
  );
  return (await Promise.all(errors)).flat();
}

async function errorsIn(project: "nuxt" | "surroundings", list: readonly Example[]): Promise<string[]> {
  const files = list.map((example): [string, string] => {
    const code = PIECES.test(example.code) ? `void {${example.code}};` : example.code;
    // On one line with the example's first, so that the lines stay.
    return [fileOf(example), `export {}; ${code}`];
  });
  const diagnostics = await compile({
    h3: project === "nuxt" ? "h3-v1" : "h3-v2",
    consumer: {
      ...Object.fromEntries(files),
      "surroundings.d.ts": surroundingsOf(project),
      "map-store.ts": MAP_STORE,
    },
    packages: ["unstorage", "zod", "rou3", "srvx"],
    moduleResolution: "bundler",
    // Without the browser's globals, of which `event` is one.
    lib: ["es2023", "esnext.disposable"],
    skipLibCheck: true,
  });
  return diagnostics.map(({ file, line, code, message }) => {
    const example = list.find((each) => fileOf(each) === file);
    return example
      ? `${example.name}, line ${example.line + line - 1}: ${code} ${message}`
      : `${file}:${line}: ${code} ${message}`;
  });
}

test("every example of README.md and docs/ compiles", async () => {
  const all = examples();
  expect(all.length).toBeGreaterThan(15);
  expect(await errorsOf(all)).toEqual([]);
});

test("an example that does not is named by its page and line", async () => {
  const code = 'import { useSession } from "ironkeep/h3";\n\nawait useSession(event, { maxAges: 1 });\n';
  expect(await errorsOf([{ name: "docs/planted.md 1", line: 10, code }])).toEqual([
    expect.stringMatching(/^docs\/planted\.md 1, line 12: TS\d+ .*maxAges/),
  ]);
});
