import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";

import { createEvent } from "h3-v1";
import { getSession, type SessionEvent } from "ironkeep/h3";
import { defaults, sealSync } from "ironkeep/iron";
import { describe, expect, it } from "vitest";

import { readChunkCount, readSessionCookie } from "../../js/h3/cookies.ts";
import { asV1Reads, h3Deletes, h3Reads, h3ReadsOne } from "./cookies/_h3-reads.ts";
import { headerOf } from "./cookies/_headers.ts";
import corpus from "./cookies/headers.json" with { type: "json" };

const CASES = 40_000;
/** h3 deletes by serialising, which takes longer than reading. */
const DELETED = 5;
/** How many headers go through the helper that applications call. */
const GENERATED = 400;
const PASSWORD = "Kq8#vT2m!Zr5xW9p@Lc3nB7y^Hd4sJ6g";

interface Read {
  readonly value: string | undefined;
  readonly chunks: number;
}

const read = (header: string, name: string): Read => ({
  value: readSessionCookie(header, name),
  chunks: readChunkCount(header, name),
});

/** Where the answer is deliberately not that of h3 2.0.8's own functions. {@link expected} knows these, and no others. */
const DIFFERENCES = [
  {
    what: "quotes around a value are taken off",
    because: "some clients write them, and h3 1 takes them off; both majors read the same cookies here",
    header: 'h3="a"',
    h3: { value: '"a"', chunks: 0 },
    ours: { value: "a", chunks: 0 },
  },
  {
    what: "a count of chunks is decimal",
    because: "nobody writes another, and reading it would be one more spelling of a cookie",
    header: "h3=__chunked__0x1; h3.1=a",
    h3: { value: "a", chunks: 1 },
    ours: { value: undefined, chunks: 0 },
  },
  {
    what: "an empty value is none",
    because: "no token is empty, and h3's callers take both for no session",
    header: "h3=__chunked__x",
    h3: { value: "", chunks: 0 },
    ours: { value: undefined, chunks: 0 },
  },
];

function expected(header: string, name: string, chunks: (cookie: string, name: string) => number): Read {
  const cookie = header.includes('"') ? asV1Reads(header) : header;
  const isHexadecimal = /^__chunked__\s*[+-]?0[xX]/.test(h3ReadsOne(cookie, name) ?? "");
  if (isHexadecimal) return { value: undefined, chunks: 0 };
  return { value: h3Reads(cookie, name) || undefined, chunks: chunks(cookie, name) };
}

/** Whether a value is that of the cookie of this name, or of its chunks: the text split in the plainest way. */
function isOfName({ value, chunks }: Read, header: string, name: string): boolean {
  const first = new Map<string, string>();
  for (const pair of header.split(";").filter((part) => part.includes("="))) {
    const [key = "", text = ""] = [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)].map(trimmed);
    if (!first.has(key)) first.set(key, decoded(text.startsWith('"') ? text.slice(1, -1) : text));
  }
  const names = chunks === 0 ? [name] : Array.from({ length: chunks }, (_, index) => `${name}.${index + 1}`);
  return value === undefined || value === names.map((one) => first.get(one)).join("");
}

const trimmed = (text: string): string => text.replaceAll(/^[ \t]+|[ \t]+$/g, "");

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

describe("what is read in a Cookie header", () => {
  it.each(corpus)("$what", ({ name, header, value, chunks }) => {
    const ours = read(header, name);
    expect(ours).toEqual({ value: value ?? undefined, chunks });
    expect(ours).toEqual(expected(header, name, h3Deletes));
  });

  it("is what h3 2.0.8 reads, of that name alone, whatever the header", () => {
    const wrong: unknown[] = [];
    const seen = { none: 0, whole: 0, chunked: 0, broken: 0, quoted: 0 };
    for (let seed = 0; seed < CASES; seed++) {
      const { name, text } = headerOf(seed);
      const ours = read(text, name);
      const theirs = expected(text, name, seed % DELETED === 0 ? h3Deletes : () => ours.chunks);
      const isSame = ours.value === theirs.value && ours.chunks === theirs.chunks;
      if (!isSame || !isOfName(ours, text, name)) wrong.push({ seed, name, text, ours, theirs });
      if (ours.value !== undefined) seen[ours.chunks > 0 ? "chunked" : "whole"]++;
      else seen[ours.chunks > 0 ? "broken" : "none"]++;
      if (text.includes('"')) seen.quoted++;
    }
    expect(wrong.slice(0, 10)).toEqual([]);
    expect(Object.entries(seen).filter(([, count]) => count < CASES / 50)).toEqual([]);
  });

  it.each(DIFFERENCES)("differs from h3 2.0.8: $what", ({ header, h3, ours }) => {
    expect({ value: h3Reads(header, "h3"), chunks: h3Deletes(header, "h3") }).toEqual(h3);
    expect(read(header, "h3")).toEqual(ours);
  });

  it("is told from the value of another cookie", () => {
    expect(isOfName({ value: "a", chunks: 0 }, "h3=a; other=b", "h3")).toBe(true);
    expect(isOfName({ value: "b", chunks: 0 }, "h3=a; other=b", "h3")).toBe(false);
  });
});

describe("a header of 64 KB", () => {
  const LENGTH = 64 * 1024;
  /** Some times what the slowest takes. An exception for each value takes longer, and a step for each pair of characters seconds. */
  const LIMIT_MS = 25;
  const filled = (unit: string) => unit.repeat(Math.ceil(LENGTH / unit.length)).slice(0, LENGTH);
  const numbered = (value: string) =>
    Array.from({ length: LENGTH / 10 }, (_, index) => `h3.${index}=${value}`).join(";");

  const texts = {
    separators: filled(";"),
    "equal signs": filled("="),
    both: filled(";="),
    blanks: filled(" "),
    "blanks around": filled("\t=\t;"),
    "a value of blanks": `h3=${filled(" ")}`,
    "a value of quotes": `h3=${filled('"')}`,
    "a value of percent signs": `h3=${filled("%")}`,
    "an encoded value": `h3=${filled("%41")}`,
    "a name of percent signs": `${filled("%")}=a`,
    "our name behind separators": `${filled(";")}h3=a`,
    "our name behind a name of blanks": `${filled(" ")}=a;h3=a`,
    "our name without a value": filled("h3;"),
    "our name, empty": filled("h3=;"),
    "our name, not decodable": filled("h3=%;"),
    "a chunk, not decodable": filled("h3.1=%;"),
    "what might be chunks, not decodable": filled("h3.%=%e4;"),
    "chunks, empty": numbered(""),
    "chunks, not decodable": numbered("%"),
    "chunks that count": `h3=__chunked__100;${numbered("%e4")}`,
    "one chunk that counts": `h3=__chunked__100;${filled("h3.1=a;")}`,
  };

  it.each(Object.entries(texts))("is read in bounded time: %s", (_what, text) => {
    const times = Array.from({ length: 5 }, () => {
      const start = process.cpuUsage();
      // The mark at the end has the count read too.
      read(`${text};z=__chunked__`, "h3");
      const { user, system } = process.cpuUsage(start);
      return (user + system) / 1000;
    });
    expect(Math.min(...times)).toBeLessThan(LIMIT_MS);
  });
});

describe("the session by a hostile header", () => {
  const token = sealSync({ id: "known", data: { user: "ann" } }, PASSWORD, defaults);
  const [first, second] = [token.slice(0, 100), token.slice(100)];

  function v1Event(cookie: string): SessionEvent {
    const request = Object.assign(new IncomingMessage(new Socket()), { method: "GET", url: "/", headers: { cookie } });
    return createEvent(request, new ServerResponse(request)) as unknown as SessionEvent;
  }

  function v2Event(cookie: string): SessionEvent {
    const headers = { get: (header: string) => (header === "cookie" ? cookie : null) };
    return { req: { headers }, context: {} } as unknown as SessionEvent;
  }

  async function dataBy(cookie: string, name: string): Promise<object[]> {
    const found: object[] = [];
    for (const event of [v1Event(cookie), v2Event(cookie)]) {
      const { data } = await getSession(event, { password: PASSWORD, name });
      found.push({ ...data });
    }
    return found;
  }

  const cookies = {
    "between others": `a=1;\th3 =\t${token}\t;;b`,
    quoted: `h3="${token}"; h3=other`,
    encoded: `h3=%46${token.slice(1)}`,
    "in chunks": `h3.2=${second}; h3=__chunked__2; h3.1="${first}"; h3.1=other`,
    "behind __proto__": `__proto__=x; h3=${token}; h3x=other`,
  };

  it.each(Object.entries(cookies))("is the one whose token is there: %s", async (_how, cookie) => {
    expect(await dataBy(cookie, "h3")).toEqual([{ user: "ann" }, { user: "ann" }]);
  });

  it("is empty, and never an error, where no token is there", async () => {
    const headers = corpus.map(({ name, header }) => ({ name, text: header }));
    headers.push(...Array.from({ length: GENERATED }, (_, seed) => headerOf(seed)));
    const found = [];
    for (const { name, text } of headers) {
      const data = await dataBy(text, name);
      if (data.some((one) => Object.keys(one).length > 0)) found.push({ name, text, data });
    }
    expect(found).toEqual([]);
  });
});
