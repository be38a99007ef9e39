// Runs an example of the documentation as it stands.

import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { onTestFinished } from "vitest";

import { examples } from "./_pages.ts";

/** Where the packages and files are that examples name. */
const MODULES: Readonly<Record<string, string>> = {
  h3: "h3-v2",
  "./map-store.ts": "../../../examples/custom-store/map-store.ts",
};

const IMPORT = /^import \{ (.+) \} from "(.+)";.*$/gm;

/**
 * Runs an example.
 *
 * @param has a text that this one example of the page has.
 * @param surroundings what it has without saying so; also what takes the place of something that it imports.
 * @param names what it declares and is given back. What a module exports by default is given back by that name.
 */
export async function runExample(
  page: string,
  has: string,
  surroundings: Readonly<Record<string, unknown>> = {},
  names: readonly string[] = [],
): Promise<Record<string, unknown>> {
  const [example, another] = examples().filter(({ name, code }) => name.startsWith(`${page} `) && code.includes(has));
  if (!example || another) throw new Error(`${another ? "more than one" : "no"} example of ${page} has ${has}`);
  const imports: string[] = [];
  const body = example.code
    .replaceAll(IMPORT, (_, specifiers: string, module: string) => {
      const own = specifiers.split(", ").filter((specifier) => !(specifier in surroundings));
      if (own.length > 0) imports.push(`import { ${own.join(", ")} } from "${MODULES[module] ?? module}";`);
      return "";
    })
    .replace(/^export default /m, "const __default = ");
  const given = body.includes("__default") ? ["default: __default", ...names] : names;
  const folder = join(import.meta.dirname, "../.tmp", `docs-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, `${example.name.replaceAll(/\W+/g, "-")}.ts`);
  const run = `export default async ({ ${Object.keys(surroundings).join(", ")} }) => { { ${body}\nreturn { ${given.join(", ")} }; } };`;
  writeFileSync(file, `${imports.join("\n")}\n${run}\n`);
  const { default: start } = (await import(/* @vite-ignore */ file)) as {
    default: (surroundings: object) => Promise<Record<string, unknown>>;
  };
  return start(surroundings);
}
