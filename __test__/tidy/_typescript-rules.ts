import { posix } from "node:path";

import { type Import, importsOf } from "./_imports.ts";
import { type Rule, findAll, inCode, inCodeAndStrings } from "./_rule.ts";

const isTypeScript = (path: string) => /^js\/.*\.[cm]?ts$/.test(path);
const isCompiled = (path: string) => /^dist\/.*\.[cm]?js$/.test(path);

/** Who may name the generated loader, its types and the binary. Nobody but the first may name the second. */
const LOADER_FILES = ["js/engine/native.ts", "js/engine/load.cts"];

function isLoader(path: string, specifier: string): boolean {
  const target = posix.join(posix.dirname(path), specifier);
  if (target === "js/engine/load.cjs") return path !== LOADER_FILES[0];
  const isGenerated = /^index\.(?:cjs|d\.ts|js)$/.test(target) || target.endsWith(".node");
  return isGenerated && !LOADER_FILES.includes(path);
}

const H3 = /^(?:h3|h3-v\d[\w-]*|nitro|nitropack)(?:\/|$)/;
const CRYPTO = /^(?:node:)?crypto$/;

const importing =
  (isForbidden: (found: Import) => boolean): Rule["forbids"] =>
  (source) =>
    importsOf(source)
      .filter((found) => !found.typeOnly && isForbidden(found))
      .map(({ line, specifier }) => ({ line, found: specifier }));

export const typescriptRules: readonly Rule[] = [
  {
    name: "only js/engine/native.ts reaches the loader",
    files: isTypeScript,
    forbids: ({ path, uncommented }) =>
      findAll(uncommented, [/(?<=["'`])\.{1,2}\/[^"'`\n]+(?=["'`])/]).filter(({ found }) => isLoader(path, found)),
  },
  {
    name: "h3 is never imported at run time",
    files: (path) => isTypeScript(path) || isCompiled(path),
    forbids: importing(({ specifier }) => H3.test(specifier)),
  },
  {
    name: "only js/h3/_h3.ts looks at the shape of an event",
    files: (path) => isTypeScript(path) && path !== "js/h3/_h3.ts",
    forbids: inCodeAndStrings(
      /\bevent\s*[?!]?\.\s*(?:node|res)\b/,
      /\bevent\s+as\b[^;\n]*?\)\s*[?!]?\.\s*(?:node|res)\b/,
      /\bevent\s*(?:\?\.)?\[\s*["'](?:node|res)["']\s*\]/,
      /["'](?:node|res)["']\s+in\s+event\b/,
      /\{[^{}]*\b(?:node|res)\b[^{}]*\}\s*=\s*event\b/,
    ),
  },
  {
    name: "js imports no crypto",
    files: isTypeScript,
    forbids: importing(({ specifier, clause }) => CRYPTO.test(specifier) && clause !== "{ randomUUID }"),
  },
  {
    name: "js uses no crypto",
    files: isTypeScript,
    forbids: inCode(
      /\bcrypto\s*\??\.\s*(?!randomUUID\b)\w+/,
      /\bcreate(?:Hash|Hmac|Cipheriv|Decipheriv)\b/,
      /\b(?:getRandomValues|pbkdf2\w*|scrypt\w*|subtle|timingSafeEqual|webcrypto)\b/,
    ),
  },
];
