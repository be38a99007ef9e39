import { readFileSync } from "node:fs";

/** One combination of the tables in docs/csrf.md, by the words that stand there. */
export interface Cell {
  readonly site: string;
  readonly origin: string;
  /** `allowed`, or the reason. */
  readonly expected: string;
}

/** A table of Markdown: its title row, and the others. */
interface Table {
  readonly before: string;
  readonly titles: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

const DOCS = readFileSync(new URL("../../docs/csrf.md", import.meta.url), "utf8");

function cellsOf(line: string): string[] {
  return line
    .split("|")
    .slice(1, -1)
    .map((cell) => cell.replaceAll("`", "").trim());
}

function tables(): Table[] {
  const lines = DOCS.split("\n");
  return lines.flatMap((line, at) => {
    if (!line.startsWith("| ---")) return [];
    const end = lines.findIndex((each, index) => index > at && !each.startsWith("|"));
    const rows = lines.slice(at + 1, end).map(cellsOf);
    return [{ before: lines[at - 3] ?? "", titles: cellsOf(lines[at - 1] ?? ""), rows }];
  });
}

function table(where: (table: Table) => boolean): Table {
  const found = tables().filter(where);
  const [first] = found;
  if (first === undefined || found.length > 1) throw new Error(`docs/csrf.md has ${found.length} such tables`);
  return first;
}

function grid(before: RegExp): Cell[] {
  const { titles, rows } = table((each) => each.titles[0] === "Sec-Fetch-Site" && before.test(each.before));
  const [, ...origins] = titles;
  return rows.flatMap(([site = "", ...words]) =>
    words.map((expected, index) => ({ site, origin: origins[index] ?? "", expected })),
  );
}

function override(cells: readonly Cell[], by: readonly Cell[]): Cell[] {
  return cells.map((cell) => by.find(({ site, origin }) => site === cell.site && origin === cell.origin) ?? cell);
}

/** What the headers decide, for each option that changes it. */
export const BY_HEADERS = grid(/^Each row/);
export const WITH_SAME_SITE = override(BY_HEADERS, grid(/allowSameSite: true/));
export const WITH_STRICT = override(BY_HEADERS, grid(/strict: true/));

/** What a token decides where the headers allow: of an unsafe method, and of a handshake. */
export const BY_TOKEN = table(({ titles }) => titles[0] === "token").rows.map(
  ([token = "", unsafe = "", handshake = ""]) => ({ token, unsafe, handshake }),
);

/** Which requests are judged by what. */
export const JUDGED_BY = table(({ titles }) => titles[1] === "judged by").rows.map(([request = "", by = ""]) => ({
  request,
  by,
}));

export const HOST = "app.example";
export const ALLOWED_ORIGIN = "https://admin.example";

/** Headers that a word stands for; all of them have to be decided alike. `undefined` is no header. */
export const SITES: Readonly<Record<string, readonly (string | undefined)[]>> = {
  "same-origin": ["same-origin"],
  none: ["none"],
  absent: [undefined],
  "same-site": ["same-site"],
  "cross-site": ["cross-site"],
  malformed: ["", "Same-Origin", "same-origin, same-origin", "same-origin;a=b", " none", "null", "cross"],
};

export const ORIGINS: Readonly<Record<string, readonly (string | undefined)[]>> = {
  own: ["https://app.example", "http://app.example"],
  "in allowedOrigins": [ALLOWED_ORIGIN],
  another: [
    "https://evil.example",
    "https://app.example.evil.example",
    "https://xapp.example",
    "https://app.example:8443",
    "https://sub.app.example",
    "http://admin.example",
    "https://admin.example:8443",
    "chrome-extension://abcdefghijklmnop",
    "ws://app.example",
  ],
  null: ["null"],
  absent: [undefined],
  malformed: [
    "",
    "NULL",
    "app.example",
    "//app.example",
    "https:app.example",
    "https://",
    "https://app.example/",
    "https://app.example/path",
    "https://app.example?",
    "https://APP.example",
    "HTTPS://app.example",
    "https://app.example:443",
    "https://user@app.example",
    "https://app.example https://app.example",
    "https://app.example, https://app.example",
    "file://",
    "capacitor://localhost/",
    "null, null",
  ],
};

/** The headers of a combination, each in the last of its spellings: HTTP trims some of the others. */
export function headersOf({ site, origin }: Cell): Record<string, string> {
  const headers: Record<string, string> = {};
  const values = { "sec-fetch-site": SITES[site]?.at(-1), origin: ORIGINS[origin]?.at(-1) };
  for (const [name, value] of Object.entries(values)) if (value !== undefined) headers[name] = value;
  return headers;
}
