import { type Source, type Tree, lineAt, sourceOf } from "./_source.ts";

export interface Found {
  readonly line: number;
  readonly found: string;
}

/** What must not be in some files. `forbids` finds the places where it is. */
export interface Rule {
  readonly name: string;
  readonly files: (path: string) => boolean;
  readonly forbids: (source: Source, tree: Tree) => readonly Found[];
}

export interface Crossing extends Found {
  readonly rule: string;
  readonly path: string;
}

export function crossings(rules: readonly Rule[], tree: Tree): Crossing[] {
  return [...tree].flatMap(([path, text]) => {
    const source = sourceOf(path, text);
    return rules
      .filter((rule) => rule.files(path))
      .flatMap((rule) => rule.forbids(source, tree).map(({ line, found }) => ({ rule: rule.name, path, line, found })));
  });
}

export function findAll(text: string, patterns: readonly RegExp[]): Found[] {
  return patterns.flatMap((pattern) =>
    [...text.matchAll(new RegExp(pattern, `${pattern.flags}g`))].map((match) => ({
      line: lineAt(text, match.index),
      found: match[0].replaceAll(/\s+/g, " "),
    })),
  );
}

/** Forbids these patterns in code; comments and the insides of strings may hold them. */
export const inCode =
  (...patterns: RegExp[]): Rule["forbids"] =>
  (source) =>
    findAll(source.code, patterns);

/** Forbids these patterns in code and strings; comments may hold them. */
export const inCodeAndStrings =
  (...patterns: RegExp[]): Rule["forbids"] =>
  (source) =>
    findAll(source.uncommented, patterns);

/** Forbids a file without this pattern. */
export const withoutInCode =
  (pattern: RegExp): Rule["forbids"] =>
  (source) =>
    pattern.test(source.code) ? [] : [{ line: 1, found: `nothing like ${pattern.source}` }];
