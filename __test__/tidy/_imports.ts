import { type Source, lineAt } from "./_source.ts";

export interface Import {
  readonly specifier: string;
  /** What stands between `import` and `from`; empty where there is no such thing. */
  readonly clause: string;
  /** Whether it is gone after compilation. `import { type T }` is not: it leaves an import for side effects. */
  readonly typeOnly: boolean;
  readonly line: number;
}

const KEYWORD = /\b(?:import|export)\s+(?<type>type\s)?(?<clause>[^;"'`]*?)\bfrom\s*/;
const CALL = /(?:\b(?:import|require|resolve)|\))\s*\(\s*/;
const IMPORT = new RegExp(`(?:${KEYWORD.source}|\\bimport\\s*|${CALL.source})(?<string>(["'\`])[^"'\`]*\\4)`, "dg");

/** Every import, re-export, `import()`, `require()` and call of what a call gave, such as `createRequire(url)("x")`. */
export function importsOf({ code, uncommented }: Source): Import[] {
  return [...code.matchAll(IMPORT)].map(({ groups, index, indices }) => {
    const [start, end] = indices?.groups?.["string"] ?? [0, 0];
    return {
      // The code has blanks in its strings, so that no string can hold an import.
      specifier: uncommented.slice(start + 1, end - 1),
      clause: groups?.["clause"]?.trim() ?? "",
      typeOnly: groups?.["type"] !== undefined,
      line: lineAt(code, index),
    };
  });
}
