// Tokens that the peers wrote once, as data: a peer's next version cannot change them.

import { readFileSync } from "node:fs";

import { defaults, unseal, unsealSync } from "ironkeep/iron";
import { afterEach, describe, expect, it, vi } from "vitest";

import { forge, partOf } from "./_forge.ts";
import { codeOf } from "./_outcome.ts";
import { type Algorithm, type Half, optionsOf, type UnsealPassword } from "./_peers.ts";
import { OTHER_TEXT } from "./_samples.ts";

type RecordedHalf = { text: string } | { hex: string };

interface Vector {
  name: string;
  maker: string;
  generation: 1 | 2;
  encryptionIterations: number;
  integrityIterations: number;
  algorithm: Algorithm;
  password?: RecordedHalf;
  encryption?: RecordedHalf;
  integrity?: RecordedHalf;
  id: string;
  token: string;
  payload: string;
  expiresAt: number | null;
}

interface EpochVector {
  secret: string;
  name: string;
  day: number;
  encryptionSalt: string;
  integritySalt: string;
  encryptionKeyHex: string;
  integrityKeyHex: string;
}

function read<T>(file: string): T[] {
  const text = readFileSync(new URL(`../vectors/${file}`, import.meta.url), "utf8");
  const { vectors } = JSON.parse(text) as { vectors: T[] };
  return vectors;
}

const VECTORS = read<Vector>("fe26-2.json");
const EPOCH_VECTORS = read<EpochVector>("epoch-salts.json");

const halfOf = (half: RecordedHalf): Half =>
  "text" in half ? half.text : new Uint8Array(Buffer.from(half.hex, "hex"));

function passwordOf({ password, encryption, integrity, id }: Vector): UnsealPassword {
  const key = id === "" ? "default" : id;
  if (encryption && integrity) {
    return { [key]: { encryption: halfOf(encryption), integrity: halfOf(integrity) } };
  }
  if (!password) throw new Error("a vector needs a password or two halves");
  return id === "" ? halfOf(password) : { [key]: halfOf(password) };
}

function settingsOf({ algorithm, encryptionIterations }: Vector) {
  return optionsOf(defaults, { iterations: encryptionIterations, algorithm, ttl: 0 });
}

const MADE_AT = Date.UTC(2026, 0, 15, 12, 0, 0);
const SKEW = 60_000;

function setNow(now: number): void {
  vi.useFakeTimers({ toFake: ["Date"], now });
}

afterEach(() => {
  vi.useRealTimers();
});

describe("the file of Fe26.2 vectors", () => {
  it("holds every maker and both generations", () => {
    expect(new Set(VECTORS.map((vector) => vector.maker))).toEqual(
      new Set([
        "iron-webcrypto@1.2.1",
        "iron-webcrypto@2.0.0",
        "@hapi/iron@7.0.1",
        "iron-session@9.0.1",
        "h3@1.15.11",
        "h3@2.0.8",
        "h3@2.0.1-rc.2",
      ]),
    );
    expect(new Set(VECTORS.map((vector) => vector.generation))).toEqual(new Set([1, 2]));
    expect(new Set(VECTORS.map((vector) => vector.name)).size).toBe(VECTORS.length);
  });
});

describe("a recorded token opens", () => {
  it.each(VECTORS)("$name", async (vector) => {
    setNow(MADE_AT);
    const password = passwordOf(vector);
    const options = settingsOf(vector);
    const exactly = { ...options, decode: (text: string) => text };

    expect(await unseal(vector.token, password, exactly)).toBe(vector.payload);
    expect(unsealSync(vector.token, password, exactly)).toBe(vector.payload);
    expect(await unseal(vector.token, password, options)).toStrictEqual(JSON.parse(vector.payload));
  });
});

describe("a recorded token ends when its field says", () => {
  it.each(VECTORS.filter((vector) => vector.expiresAt !== null))("$name", async (vector) => {
    const password = passwordOf(vector);
    const options = settingsOf(vector);
    const end = (vector.expiresAt ?? 0) + SKEW;

    setNow(end - 1);
    expect(await codeOf(() => unseal(vector.token, password, options))).toBe("opened");
    setNow(end);
    expect(await codeOf(() => unseal(vector.token, password, options))).toBe("ERR_SEAL_EXPIRED");
  });
});

describe("a recorded token is nothing under another password", () => {
  it.each(VECTORS)("$name", async (vector) => {
    setNow(MADE_AT);
    const { id } = vector;
    const password = { [id === "" ? "default" : id]: OTHER_TEXT };
    const options = settingsOf(vector);
    expect(await codeOf(() => unseal(vector.token, password, options))).toBe("ERR_SEAL_INVALID");
  });
});

describe("a token under a recorded epoch pair opens", () => {
  it("the file is not empty", () => {
    expect(EPOCH_VECTORS.length).toBeGreaterThan(10);
  });

  it.each(EPOCH_VECTORS)("day $day of $name", async (vector) => {
    // The recorded keys seal, so the recorded salts alone decide whether it opens again.
    const token = forge({
      password: {
        encryption: Buffer.from(vector.encryptionKeyHex, "hex"),
        integrity: Buffer.from(vector.integrityKeyHex, "hex"),
      },
      encryptionSalt: vector.encryptionSalt,
      macSalt: vector.integritySalt,
      plaintext: JSON.stringify({ day: vector.day }),
    });
    const options = optionsOf(defaults, { iterations: 8192, algorithm: "aes-256-cbc", ttl: 0 });

    expect(partOf(token, "macSalt")).toBe(vector.integritySalt);
    expect(await unseal(token, vector.secret, options)).toEqual({ day: vector.day });
    expect(unsealSync(token, vector.secret, options)).toEqual({ day: vector.day });
  });
});
