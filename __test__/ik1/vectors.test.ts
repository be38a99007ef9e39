// The page docs/formats.md is enough to read ik1: a reader written from it opens the vectors, which Rust's tests open too.

import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { open } from "./_web-crypto.ts";

type Bytes = { text: string; times?: number } | { hex: string };

interface Read {
  name: string;
  secret: Bytes;
  purpose: string;
  sessionName: string;
  audience: string;
  token: string;
}

interface Vector extends Read {
  kid: string;
  issuedAt: number;
  expiresAt: number;
  deflated: boolean;
  payload: Bytes;
}

interface Refused extends Read {
  now: number;
  code: "ERR_SEAL_INVALID" | "ERR_SEAL_EXPIRED";
}

interface VectorFile {
  vectors: Vector[];
  example: Record<string, string>;
  refused: Refused[];
}

const text = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");
const { vectors: VECTORS, example: EXAMPLE, refused: REFUSED } = JSON.parse(text("../vectors/ik1.json")) as VectorFile;

const bytesOf = (bytes: Bytes) =>
  new Uint8Array("hex" in bytes ? Buffer.from(bytes.hex, "hex") : Buffer.from(bytes.text.repeat(bytes.times ?? 1)));

const openAt = (read: Read, now: number) => open(read.token, { ...read, secret: bytesOf(read.secret), now });

async function refusalOf(read: Read, now: number): Promise<string> {
  try {
    await openAt(read, now);
  } catch (error) {
    // Web Crypto and the inflater have errors of their own, which say no more than that it is refused.
    return error instanceof Error && error.message === "ERR_SEAL_EXPIRED" ? error.message : "ERR_SEAL_INVALID";
  }
  return "it opened";
}

describe("a reader written from docs/formats.md", () => {
  it.each(VECTORS)("opens: $name", async (vector) => {
    expect(await openAt(vector, vector.issuedAt)).toEqual(bytesOf(vector.payload));
  });

  it.each(VECTORS.filter(({ expiresAt }) => expiresAt > 0))("sees the end of: $name", async (vector) => {
    expect(await openAt(vector, vector.expiresAt + 4999)).toEqual(bytesOf(vector.payload));
    expect(await refusalOf(vector, vector.expiresAt + 5000)).toBe("ERR_SEAL_EXPIRED");
  });

  it.each(VECTORS.filter(({ expiresAt }) => expiresAt === 0))("sees no end of: $name", async (vector) => {
    expect(await openAt(vector, Number.MAX_SAFE_INTEGER)).toEqual(bytesOf(vector.payload));
  });

  it.each(REFUSED)("refuses: $name", async (vector) => {
    expect(await refusalOf(vector, vector.now)).toBe(vector.code);
  });
});

describe("the vectors", () => {
  it("hold what readers get wrong", () => {
    const has = (is: (vector: Vector) => boolean) => VECTORS.some((vector) => is(vector));
    expect(has(({ deflated }) => deflated)).toBe(true);
    expect(has(({ payload }) => bytesOf(payload).length === 0)).toBe(true);
    expect(has(({ expiresAt }) => expiresAt === 0)).toBe(true);
    expect(has(({ kid }) => kid.length === 16)).toBe(true);
    expect(has(({ sessionName, audience }) => /[^ -~]/.test(sessionName) && /[^ -~]/.test(audience))).toBe(true);
    expect(new Set(VECTORS.map(({ name }) => name)).size).toBe(VECTORS.length);
    expect(new Set(REFUSED.map(({ name }) => name)).size).toBe(REFUSED.length);
    expect(new Set(REFUSED.map(({ code }) => code))).toEqual(new Set(["ERR_SEAL_INVALID", "ERR_SEAL_EXPIRED"]));
  });
});

describe("the example of docs/formats.md", () => {
  const page = text("../../docs/formats.md").replaceAll(/\s/g, "");

  it.each(Object.entries(EXAMPLE))("has the vector's %s", (_, hex) => {
    expect(page).toContain(hex);
  });

  it("has its token, key and payload", () => {
    const [first] = VECTORS;
    expect(first).toBeDefined();
    for (const part of [first?.token, first?.secret, first?.payload, first?.issuedAt, first?.expiresAt].flat()) {
      const shown = typeof part === "object" && "text" in part ? part.text : part;
      expect(page).toContain(String(shown));
    }
  });
});
