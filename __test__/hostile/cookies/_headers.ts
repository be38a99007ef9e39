// Cookie headers that no browser sends: our name in every odd form, between whatever else may stand there.

import { numbers } from "../workers/numbers.mjs";

export interface Header {
  /** The session's name. */
  readonly name: string;
  readonly text: string;
}

const NAMES = ["h3", "h3", "h3", "__Host-s", "a.b", "h3.1", "x", "__proto__", "constructor", "toString"];
const SEPARATORS = ["; ", "; ", "; ", ";", ";;", " ;", "; ;", "\t;\t", ";\0", ", ", "&", "\r\n", "%3B", " "];
const list = (text: string): string[] => text.split("|");
const COUNTS = list(
  "0|1|2|3|2|3|100|101|-1|-0|+2| 2|2 |02|2.9|2e1|2x|x2||NaN|Infinity|__chunked__2|0x2|0X02| 0x1|0b10|1_0|null|" +
    "99999999999999999999|\u0662|%32|%202|2%00|2%",
);
const CHARACTERS = [
  ..."ABCxyz019-_*.~%=\"'\\,:@ \t\0\u007F/+&?<>[]{}()\u00A0\u00E9\u0141\uFEFF\u20AC\u{1F511}",
  ...list("%20|%3B|%3D|%22|%00|%E2%82%AC|%e4|%|%2|%zz|%u0041|__chunked__|Fe26.2*"),
];

/** The header of a seed. */
export function headerOf(seed: number): Header {
  const next = numbers(seed);
  const below = (end: number) => Math.floor(next() * end);
  const oneIn = (times: number) => below(times) === 0;
  const pick = <T>(from: readonly T[]): T => from[below(from.length)] as T;

  const text = (length: number) => Array.from({ length }, () => pick(CHARACTERS)).join("");
  const token = () => `Fe26.2*${Array.from({ length: 1 + below(30) }, () => pick([..."abcXYZ019-_*"])).join("")}`;
  const percent = (value: string) =>
    [...value].map((character) => (oneIn(4) ? encodeURIComponent(character).replace(/^\w$/, hex) : character)).join("");
  const hex = (character: string) => `%${character.charCodeAt(0).toString(16)}`;

  const value = (): string => {
    switch (below(9)) {
      case 0:
        return "";
      case 1:
        return text(1 + below(12));
      case 2:
        return percent(token());
      case 3:
        return `"${token()}"`;
      case 4:
        return `${pick(['"', "%22", "'", '""', '" '])}${pick([token(), text(below(6))])}${pick(['"', "%22", "", '" '])}`;
      case 5:
        return pick(["__chunked__", "%5F_chunked__", "__Chunked__", '"__chunked__', " __chunked__"]) + pick(COUNTS);
      case 6:
        return oneIn(40) ? text(2000) : token();
      default:
        return token();
    }
  };
  const around = (part: string) => pick(["", "", "", "", " ", "\t", "  "]) + part + pick(["", "", "", "", " ", "\t"]);
  const nameLike = (name: string): string => {
    const longer = `${name}x|x${name}|${name}.|.${name}|${name} x|${name}[]|"${name}"|$${name}|${name.toUpperCase()}`;
    const chunks = `${name}.0|${name}.01|${name}.1.1|${name}.-1|${name}.1e0|${name}.101|${name}. 1|${name}..1`;
    const others = `${name.slice(1)}|${name.slice(0, -1)}|${percent(name)}||__proto__|constructor|toString|other|$Version`;
    return pick(list(`${longer}|${chunks}|${others}`));
  };

  const item = (name: string): string => {
    switch (below(12)) {
      case 0:
        return text(below(6));
      case 1:
        return pick(["=", "==", " = ", name, `${name}.1`, `=${name}`, `${name}==`, `=${name}=${token()}`]);
      case 2:
      case 3:
        return `${around(nameLike(name))}=${value()}`;
      case 4:
      case 5:
        return `${around(`${name}.${1 + below(4)}`)}=${around(value())}`;
      case 6:
        return `${pick(["a", "theme", "_ga"])}=${value()}`;
      default:
        return `${around(name)}=${around(value())}`;
    }
  };
  /** A cookie in chunks, of which one may be missing, empty, there twice or out of its place. */
  const chunked = (name: string): string[] => {
    const count = pick([1, 2, 2, 3, 3, 5, 100]);
    const items = [`${name}=__chunked__${oneIn(3) ? pick(COUNTS) : count}`];
    for (let index = 1; index <= count; index++) items.push(`${around(`${name}.${index}`)}=${around(value() || "c")}`);
    if (oneIn(4)) items.splice(1 + below(count), 1);
    if (oneIn(4)) items.push(`${name}.${1 + below(count)}=${value()}`);
    return oneIn(2) ? items.toSorted(() => next() - 0.5) : items;
  };

  const name = pick(NAMES);
  const items = Array.from({ length: below(6) }, () => item(name));
  if (oneIn(3)) items.splice(below(items.length + 1), 0, ...chunked(name));
  const separator = oneIn(2) ? () => "; " : () => pick(SEPARATORS);
  return { name, text: items.map((one, index) => (index === 0 ? one : separator() + one)).join("") };
}
