import { type Rule, findAll, inCode, withoutInCode } from "./_rule.ts";

const TOP_LEVEL_FILES = new Set([
  ".editorconfig",
  ".gitattributes",
  ".gitignore",
  ".oxfmtrc.json",
  ".oxlintrc.json",
  "ARCHITECTURE.md",
  "build.rs",
  "Cargo.lock",
  "Cargo.toml",
  "CHANGELOG.md",
  "clippy.toml",
  "CONTRIBUTING.md",
  "deny.toml",
  "index.cjs",
  "index.d.ts",
  "LICENSE",
  "package-lock.json",
  "package.json",
  "README.md",
  "rustfmt.toml",
  "SECURITY.md",
  "THIRD-PARTY-LICENSES.md",
  "tsconfig.json",
  "typos.toml",
  "vitest.config.ts",
  "vitest.long.config.ts",
]);

const TOP_LEVEL_FOLDERS = new Set([
  ".ci",
  ".github",
  "__test__",
  "bench",
  "dist",
  "docs",
  "examples",
  "fuzz",
  "js",
  "npm",
  "scripts",
  "src",
  "tools",
]);

/** Where a file is this long, it is probably two things. */
const MAX_LINES = 400;

const isTest = (path: string) => /^__test__\/.*\.test\.ts$/.test(path);

const isHandWritten = (path: string) =>
  /^(?:src\/.*\.rs|js\/.*\.[cm]?ts)$/.test(path) && !path.endsWith("_generated.ts");

const linesOf = (text: string) => text.replace(/\n$/, "").split("\n").length;

function isAtHome(path: string): boolean {
  const [first = "", ...rest] = path.split("/");
  return rest.length === 0 ? TOP_LEVEL_FILES.has(first) : TOP_LEVEL_FOLDERS.has(first);
}

export const treeRules: readonly Rule[] = [
  {
    name: "the top level is fixed",
    files: (path) => !isAtHome(path),
    forbids: ({ path }) => [{ line: 1, found: path }],
  },
  {
    name: `no file over ${MAX_LINES} lines`,
    files: isHandWritten,
    forbids({ text }) {
      const lines = linesOf(text);
      return lines > MAX_LINES ? [{ line: lines, found: `${lines} lines` }] : [];
    },
  },
  {
    name: "test files assert something",
    files: isTest,
    forbids: withoutInCode(/\b(?:assert|expect)\w*\s*[.(<]/),
  },
  {
    name: "no test is left out",
    files: (path) => isTest(path) || path.endsWith(".rs"),
    forbids: inCode(
      /\b(?:bench|describe|it|suite|test)(?:\.\w+)*\.(?:only|runIf|skip|skipIf|todo)\b/,
      /\b(?:ctx|context)\.skip\b/,
      /#\[ignore\b/,
    ),
  },
  {
    name: "tests are where vitest looks for them",
    files: (path) => /^(?!__test__\/.*\.test\.ts$).*\.(?:spec|test)\.[cm]?[jt]sx?$/.test(path),
    forbids: ({ path }) => [{ line: 1, found: path }],
  },
  {
    name: "floors are in the form that cargo-deny reads",
    files: (path) => path === "deny.toml",
    forbids: ({ text }) => findAll(text, [/^[^#\n]*"[\w-]+@[<>=^~*][^"]*"/m]),
  },
];
