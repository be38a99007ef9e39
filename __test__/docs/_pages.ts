// The pages that a user reads, and the examples on them.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const ROOT = join(import.meta.dirname, "../..");

/** Pages for users, by their paths in the repository. */
export const PAGES: readonly string[] = [
  "README.md",
  ...readdirSync(join(ROOT, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];

/** An example in TypeScript. */
export interface Example {
  /** The page and which of its examples it is, such as `docs/keys.md 1`. */
  readonly name: string;
  /** The line of the page that its first line is on. */
  readonly line: number;
  readonly code: string;
}

export function textOf(page: string): string {
  return readFileSync(join(ROOT, page), "utf8");
}

/** The examples of all pages. */
export function examples(): Example[] {
  return PAGES.flatMap((page) => {
    const text = textOf(page);
    return [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(({ index, 1: code = "" }, at) => ({
      name: `${page} ${at + 1}`,
      line: text.slice(0, index).split("\n").length + 1,
      code,
    }));
  });
}
