import { describe, expect, it } from "vitest";

import { mockEvent } from "h3-v2";
import { isIronkeepError } from "ironkeep";
import { useSession } from "ironkeep/h3";
import { defaults, sealSync, unseal, unsealSync } from "ironkeep/iron";

import { forge, nonCanonical, partOf, withPart } from "../iron/_forge.ts";

const PASSWORD = "Kq8#vT2m!Zr5xW9p@Lc3nB7y^Hd4sJ6g";
const SESSION = { id: "known", createdAt: Date.now(), data: { user: "ann" } };
const PLAINTEXT = JSON.stringify(SESSION);
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/** The last two are others in UTF-16 whose low byte, or whose compatibility form, is an `A`. */
const CHARACTERS = [...ALPHABET, "*", "=", ".", " ", "\0", "\u0141", "\uff21"];
/** Every so manyth token goes through the slower ways too. A prime, so that it drifts over positions and characters. */
const SAMPLED = 37;
const COOKIE_SAMPLED = 97;

const token = sealSync(SESSION, PASSWORD, defaults);
const other = sealSync({ ...SESSION, data: { user: "eve" } }, PASSWORD, defaults);

type Outcome = "opened" | "ERR_SEAL_INVALID" | "ERR_SEAL_EXPIRED" | "ERR_KEY_UNKNOWN" | "another error";

function codeOf(error: unknown): Outcome {
  const refusals: readonly string[] = ["ERR_SEAL_INVALID", "ERR_SEAL_EXPIRED", "ERR_KEY_UNKNOWN"];
  return isIronkeepError(error) && refusals.includes(error.code) ? (error.code as Outcome) : "another error";
}

function syncOutcome(sealed: string): Outcome {
  try {
    unsealSync(sealed, PASSWORD, defaults);
    return "opened";
  } catch (error) {
    return codeOf(error);
  }
}

async function asyncOutcome(sealed: string): Promise<Outcome> {
  return unseal(sealed, PASSWORD, defaults).then(() => "opened", codeOf);
}

/** Whether a session by that cookie is the sealed one; else it has to be a new and empty one. */
async function cookieOutcome(sealed: string): Promise<"known" | "new" | "mixed"> {
  // Characters that no header holds can't come by a cookie.
  const headers = { cookie: `h3=${sealed}` };
  const { id, data } = await useSession(mockEvent("/", { headers }), { password: PASSWORD });
  if (id === SESSION.id) return "known";
  return Object.keys(data).length === 0 ? "new" : "mixed";
}

/** The character that begins and ends no cookie value, and those that a header refuses. */
const NOT_IN_COOKIES = /[^\x21-\x7e]|;/;

interface Tally {
  tried: number;
  readonly accepted: string[];
  readonly odd: string[];
  ways: { async: number; cookie: number };
}

/** Tries tokens of which none is whole, each by `unsealSync`, and samples of them by the other ways. */
async function tryAll(tokens: Iterable<string>, every = { async: SAMPLED, cookie: COOKIE_SAMPLED }): Promise<Tally> {
  const tally: Tally = { tried: 0, accepted: [], odd: [], ways: { async: 0, cookie: 0 } };
  for (const sealed of tokens) {
    const outcomes: string[] = [syncOutcome(sealed)];
    if (tally.tried % every.async === 0) {
      tally.ways.async++;
      outcomes.push(await asyncOutcome(sealed));
    }
    if (tally.tried % every.cookie === 0 && !NOT_IN_COOKIES.test(sealed)) {
      tally.ways.cookie++;
      outcomes.push(await cookieOutcome(sealed));
    }
    tally.tried++;
    if (outcomes.includes("opened") || outcomes.includes("known")) tally.accepted.push(sealed);
    if (outcomes.includes("another error") || outcomes.includes("mixed")) tally.odd.push(sealed);
  }
  return tally;
}

const ALWAYS = { async: 1, cookie: 1 };

function* substitutions(): Iterable<string> {
  for (let position = 0; position < token.length; position++) {
    for (const character of CHARACTERS) {
      if (token[position] !== character) yield token.slice(0, position) + character + token.slice(position + 1);
    }
  }
}

function* insertions(): Iterable<string> {
  for (let position = 0; position <= token.length; position++) {
    for (const character of ["A", "*", "=", "\0", "\uff21"]) {
      yield token.slice(0, position) + character + token.slice(position);
    }
  }
}

function* truncations(): Iterable<string> {
  for (let length = 0; length < token.length; length++) {
    yield token.slice(0, length);
    yield token.slice(token.length - length);
  }
}

function* splices(): Iterable<string> {
  const [ours, theirs] = [token.split("*"), other.split("*")];
  // Every choice of a part from either, but for the two tokens themselves; the parts that are equal in both make them again.
  for (let choice = 0; choice < 2 ** ours.length; choice++) {
    const sealed = ours.map((part, index) => ((choice >> index) & 1 ? (theirs[index] ?? "") : part)).join("*");
    if (sealed !== token && sealed !== other) yield sealed;
  }
  for (let at = 0; at <= ours.length; at++) {
    for (let from = 0; from <= theirs.length; from++) {
      const sealed = [...ours.slice(0, at), ...theirs.slice(from)].join("*");
      if (sealed !== token && sealed !== other) yield sealed;
    }
  }
  // The two are of one length, so that all parts are there in most of these.
  for (let at = 1; at < token.length; at++) {
    for (const sealed of [token.slice(0, at) + other.slice(at), other.slice(0, at) + token.slice(at)]) {
      if (sealed !== token && sealed !== other) yield sealed;
    }
  }
}

describe("a token that is not whole", () => {
  it("opens when it is whole, by every way", async () => {
    expect(syncOutcome(token)).toBe("opened");
    expect(await asyncOutcome(token)).toBe("opened");
    expect(await cookieOutcome(token)).toBe("known");
  });

  it("finds a token that is accepted, and an error that is no refusal", async () => {
    const { accepted, odd } = await tryAll([token, `${token}x`], ALWAYS);
    expect({ accepted, odd }).toEqual({ accepted: [token], odd: [] });
    expect(codeOf(new Error("Bad hmac value"))).toBe("another error");
  });

  it("is refused with any character at any position", async () => {
    const { tried, accepted, odd, ways } = await tryAll(substitutions());
    expect({ accepted, odd }).toEqual({ accepted: [], odd: [] });
    // Each character of a token is one of the set, and is left out in its own place.
    expect(tried).toBe(token.length * (CHARACTERS.length - 1));
    expect(ways.async).toBeGreaterThan(400);
    expect(ways.cookie).toBeGreaterThan(150);
  });

  it.each([
    ["with a character more, anywhere", insertions, 1400],
    ["cut at any length, at either end", truncations, 550],
    ["spliced from two, at any part and any character", splices, 800],
  ])("is refused %s", async (_how, tokens, least) => {
    const { tried, accepted, odd } = await tryAll(tokens(), { async: 5, cookie: 7 });
    expect({ accepted, odd }).toEqual({ accepted: [], odd: [] });
    expect(tried).toBeGreaterThanOrEqual(least);
  });
});

describe("base64url that is not canonical", () => {
  const variants: readonly (readonly [string, (part: string) => string])[] = [
    ["another spelling of the last character", nonCanonical],
    ["padded", (part) => part + "=".repeat((4 - (part.length % 4)) % 4 || 4)],
    ["padded once", (part) => `${part}=`],
    ["of base64's own alphabet", (part) => Buffer.from(part, "base64url").toString("base64")],
    ["with a blank", (part) => `${part.slice(0, 4)} ${part.slice(4)}`],
    ["with a line break", (part) => `${part.slice(0, 4)}\n${part.slice(4)}`],
    ["with one character too many", (part) => `${part}A`],
    ["empty", () => ""],
  ];
  // 17 bytes: a text of 32 blocks has unused bits; 0xff gives the characters in which the alphabets differ.
  const parts = { iv: new Uint8Array(16).fill(0xff), plaintext: PLAINTEXT.padEnd(111) };

  it.each(variants)("is refused, %s, in each part, also where the MAC is right", async (_how, change) => {
    const whole = forge({ password: PASSWORD, ...parts });
    const signed = (["iv", "ciphertext"] as const).map((part) => {
      const value = partOf(whole, part);
      const written = { [part]: value.length % 4 === 0 && change === nonCanonical ? `${value}B` : change(value) };
      return forge({ password: PASSWORD, ...parts, ...rest(whole), written });
    });
    const unsigned = (["iv", "ciphertext", "mac"] as const).map((part) =>
      withPart(whole, part, (value) =>
        value.length % 4 === 0 && change === nonCanonical ? `${value}B` : change(value),
      ),
    );
    expect(syncOutcome(whole)).toBe("opened");
    const tokens = [...signed, ...unsigned].filter((sealed) => sealed !== whole);
    const { tried, accepted, odd } = await tryAll(tokens, ALWAYS);
    expect({ accepted, odd }).toEqual({ accepted: [], odd: [] });
    expect(tried).toBeGreaterThanOrEqual(4);
  });

  /** The salts of a token, so that another with the same key can be forged. */
  function rest(whole: string) {
    return { encryptionSalt: partOf(whole, "encryptionSalt"), macSalt: partOf(whole, "macSalt") };
  }
});

describe("salts of any length", () => {
  const lengths = [...Array.from({ length: 301 }, (_, length) => length), 4096, 60_000, 65_536];
  const salts = ["encryptionSalt", "macSalt"] as const;

  // iron takes an empty salt for none, and derives from a random one: nobody opens such a token.
  it("opens from 1 to 256 characters and refuses all others, where the MAC is right", async () => {
    const tokens = lengths.flatMap((length) =>
      salts.map((salt) => ({
        length,
        sealed: forge({ password: PASSWORD, plaintext: PLAINTEXT, [salt]: "s".repeat(length) }),
      })),
    );
    const whole = tokens.filter(({ length }) => length >= 1 && length <= 256).map(({ sealed }) => sealed);
    const { tried, accepted, odd, ways } = await tryAll(
      tokens.map(({ sealed }) => sealed),
      ALWAYS,
    );
    expect(odd).toEqual([]);
    expect(accepted).toEqual(whole);
    expect({ tried, ...ways }).toEqual({ tried: 608, async: 608, cookie: 608 });
  });

  it("refuses a salt that is changed, whatever its new length", async () => {
    const changed = lengths.flatMap((length) => salts.map((salt) => withPart(token, salt, () => "s".repeat(length))));
    // By the cookie each of them costs a derivation of the second generation.
    const { tried, accepted, odd } = await tryAll(changed, { async: 1, cookie: 7 });
    expect({ accepted, odd, tried }).toEqual({ accepted: [], odd: [], tried: 608 });
  });

  it("refuses any salt of the MAC beside a key given as bytes", () => {
    const key = new Uint8Array(32).fill(7);
    const sealed = forge({ password: key, plaintext: PLAINTEXT });
    expect(unsealSync(sealed, key, defaults)).toEqual(SESSION);
    const opened = lengths.filter((length) => {
      try {
        unsealSync(
          withPart(sealed, "macSalt", () => "s".repeat(length)),
          key,
          defaults,
        );
        return true;
      } catch (error) {
        return codeOf(error) !== "ERR_SEAL_INVALID";
      }
    });
    expect(opened).toEqual([0]);
  });
});
