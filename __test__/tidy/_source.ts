/** A tree of files as the rules see it: path from the top of the repository, and text. */
export type Tree = ReadonlyMap<string, string>;

export interface Source {
  readonly path: string;
  readonly text: string;
  /** The text with comments blanked: what a module specifier is still read from. */
  readonly uncommented: string;
  /** The text with comments and the insides of strings blanked: prose cannot cross a rule. */
  readonly code: string;
}

const RUST_TOKENS = [
  /(?<comment>\/\/[^\n]*|\/\*[\s\S]*?\*\/)/,
  /(?<raw>\bb?r(?<hashes>#*)"[\s\S]*?"\k<hashes>)/,
  /(?<string>"(?:\\[\s\S]|[^"\\])*")/,
  /(?<char>'(?:\\(?:u\{[^}]*\}|[\s\S][0-9a-f]?)|[^'\\\n])')/,
];

const TYPESCRIPT_TOKENS = [
  /(?<comment>\/\/[^\n]*|\/\*[\s\S]*?\*\/)/,
  /(?<string>"(?:\\[\s\S]|[^"\\\n])*"|'(?:\\[\s\S]|[^'\\\n])*'|`(?:\\[\s\S]|[^`\\])*`)/,
  /(?<regex>(?<=(?:[=(,:;!&|?{}[]|\breturn)\s*)\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/)/,
];

const union = (parts: readonly RegExp[]) => new RegExp(parts.map((part) => part.source).join("|"), "g");

const RUST = union(RUST_TOKENS);
const TYPESCRIPT = union(TYPESCRIPT_TOKENS);

/** Line breaks stay, so that a match still has its line. */
const blank = (text: string) => text.replaceAll(/[^\n]/g, " ");

function blanked(path: string, text: string, strings: boolean): string {
  const tokens = path.endsWith(".rs") ? RUST : TYPESCRIPT;
  return text.replaceAll(tokens, (token) => {
    const isComment = token.startsWith("//") || token.startsWith("/*");
    if (isComment) return blank(token);
    return strings ? `${token[0]}${blank(token.slice(1, -1))}${token.at(-1)}` : token;
  });
}

const isCode = (path: string) => /\.(?:rs|[cm]?[jt]s)$/.test(path);

export function sourceOf(path: string, text: string): Source {
  if (!isCode(path)) return { path, text, uncommented: text, code: text };
  return {
    path,
    text,
    uncommented: blanked(path, text, false),
    code: blanked(path, text, true),
  };
}

export const lineAt = (text: string, index: number) => text.slice(0, index).split("\n").length;
