import { type Found, type Rule, findAll, inCode, inCodeAndStrings, withoutInCode } from "./_rule.ts";
import { type Tree, lineAt, sourceOf } from "./_source.ts";

const isRust = (path: string) => path.startsWith("src/") && path.endsWith(".rs");
const isBinding = (path: string) => isRust(path) && path.startsWith("src/binding/");
const isCore = (path: string) => isRust(path) && !isBinding(path) && path !== "src/lib.rs";
const isFoundation = (path: string) => /^src\/(?:clock|error|panics|secret)\.rs$/.test(path);
const isSealOrLimit = (path: string) => /^src\/(?:breaker|seal|limit)\/.*\.rs$/.test(path);
/** What asks Redis waits for it. */
const isPure = (path: string) => isFoundation(path) || (isSealOrLimit(path) && !path.startsWith("src/limit/redis/"));

const names = (...modules: string[]) => {
  const list = modules.join("|");
  return [new RegExp(`\\bcrate::(?:${list})\\b`), new RegExp(`\\buse crate::\\{[^;]*\\b(?:${list})\\b`)];
};

/** What works over any store. Its tests take one of them. */
const isDecorator = (path: string) => /^src\/store\/resilient\b(?!\/tests\b)/.test(path);

/** `src/store/redis.rs` and `src/store/redis/script.rs` are both of the backend `redis`. */
const backendOf = (path: string) =>
  /^src\/store\/(?!mod\.rs|record\.rs|(?:conformance|resilient)\b)(?<name>\w+)/.exec(path)?.groups?.name;

function otherBackends(path: string, tree: Tree): string[] {
  const all = new Set([...tree.keys()].map(backendOf));
  all.delete(backendOf(path));
  return [...all].filter((name) => name !== undefined);
}

/** Whether the comment that ends right above `line` (attributes may stand between) gives the reason. */
function hasSafetyAbove(lines: readonly string[], line: number): boolean {
  let above = line - 2;
  while (/^\s*#\[/.test(lines[above] ?? "")) above -= 1;
  for (; /^\s*\/\//.test(lines[above] ?? ""); above -= 1) {
    if (/^\s*\/\/ SAFETY: \S/.test(lines[above] ?? "")) return true;
  }
  return false;
}

function unsafeImpls(tree: Tree): string[] {
  return [...tree]
    .filter(([path]) => isBinding(path))
    .flatMap(([path, text]) => findAll(sourceOf(path, text).code, [/\bunsafe impl\b/]).map(() => path));
}

/** An exported function or method: its attributes and its signature, up to the body. */
const EXPORT = /#\[napi(?<options>\([^\]]*\))?\]\s*(?:#\[[^\]]*\]\s*)*pub (?:async )?fn \w+(?<signature>[^{]*)\{/g;

/** The body of a function that an export gives away (`src/binding/function.rs`), without the guard. */
const UNGUARDED = /\bfn \w+\([^{;]*\) -> Returned \{(?!\s*guard\()/;

interface Exported {
  readonly at: Found;
  readonly options: string;
  readonly signature: string;
  /** The code after the opening brace. */
  readonly body: string;
}

function exportsIn(code: string): Exported[] {
  return [...code.matchAll(EXPORT)].map(({ 0: found, index, groups }) => ({
    at: { line: lineAt(code, index), found: found.replaceAll(/\s+/g, " ") },
    options: groups?.["options"] ?? "",
    signature: groups?.["signature"] ?? "",
    body: code.slice(index + found.length),
  }));
}

export const rustRules: readonly Rule[] = [
  {
    name: "only src/binding names napi",
    files: (path) => isCore(path) || path === "src/lib.rs",
    forbids: inCode(/\bnapi\w*/),
  },
  {
    name: "napi is optional",
    files: (path) => path === "Cargo.toml",
    forbids: ({ text }) => findAll(text, [/^(?:napi[\w-]*|tokio) *=(?!.*\boptional = true).*$/m]),
  },
  {
    name: "the binding is behind its feature",
    files: (path) => path === "src/lib.rs",
    forbids: inCodeAndStrings(/(?<!#\[cfg\(feature = "binding"\)\]\s*(?:pub(?:\([^)]*\))?\s+)?)\bmod binding\b/),
  },
  {
    name: "nothing but src/binding reaches the binding",
    files: isCore,
    forbids: inCode(...names("binding")),
  },
  {
    name: "the foundation knows nothing above it",
    files: isFoundation,
    forbids: inCode(...names("limit", "seal", "session", "store")),
  },
  {
    name: "seal and limit know no session and no store",
    files: isSealOrLimit,
    forbids: inCode(...names("session", "store")),
  },
  {
    name: "the client of Redis knows nothing that is kept in it",
    files: (path) => isRust(path) && path.startsWith("src/redis/"),
    forbids: inCode(...names("limit", "seal", "session", "store")),
  },
  {
    name: "seal, limit and the foundation do no I/O and wait for nothing",
    files: isPure,
    forbids: inCode(
      /\basync\s+(?:fn|move|\{)/,
      /\.await\b/,
      /\btokio\b/,
      /\bstd::(?:fs|net)\b/,
      /\buse std::\{[^;]*\b(?:fs|net)\b/,
    ),
  },
  {
    name: "only src/clock.rs reads a clock",
    files: (path) => isRust(path) && path !== "src/clock.rs",
    forbids: inCode(/\b(?:SystemTime|Instant)::now\b/),
  },
  {
    name: "core modules forbid unsafe code",
    files: isCore,
    forbids: withoutInCode(/^#!\[forbid\(unsafe_code\)\]/m),
  },
  {
    name: "the binding has one unsafe impl",
    files: isBinding,
    forbids({ code }, tree) {
      return unsafeImpls(tree).length > 1 ? findAll(code, [/\bunsafe impl\b/]) : [];
    },
  },
  {
    name: "unsafe code says why it is sound",
    files: isBinding,
    forbids({ code, text }) {
      const lines = text.split("\n");
      return findAll(code, [/\bunsafe\b/]).filter(({ line }) => !hasSafetyAbove(lines, line));
    },
  },
  {
    name: "every export goes through the guard",
    files: isBinding,
    forbids: ({ code }) => [
      ...exportsIn(code)
        .filter(({ options, body }) => !/\bcatch_unwind\b/.test(options) || !/^\s*guard\(/.test(body))
        .map(({ at }) => at),
      ...findAll(code, [UNGUARDED]),
    ],
  },
  {
    // Its errors quote the argument.
    name: "no export has napi convert an argument",
    files: isBinding,
    forbids: ({ code }) =>
      exportsIn(code)
        .filter(({ signature }) => /\b\w+: (?!JsString\b|JsNumber\b|Given<|&(?:'\w+ )?Env\b)/.test(signature))
        .map(({ at }) => at),
  },
  {
    name: "store backends do not know each other",
    files: (path) => isRust(path) && (backendOf(path) !== undefined || isDecorator(path)),
    forbids({ code, path }, tree) {
      const others = otherBackends(path, tree).join("|");
      if (others === "") return [];
      return findAll(code, [
        new RegExp(`\\b(?:super|store)::(?:${others})\\b`),
        new RegExp(`\\b(?:super|store)::\\{[^;]*\\b(?:${others})\\b`),
      ]);
    },
  },
];
