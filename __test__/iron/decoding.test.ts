// What was sealed comes back as the same text, whatever characters it has, and bytes that are no text come back as
// TextDecoder reads them.

import { defaults, type SealOptions, seal, unseal } from "ironkeep/iron";
import { expect, test } from "vitest";

import { forge } from "./_forge.ts";

const password = new Uint8Array(32).fill(7);
const asText: SealOptions = { ...defaults, encode: String, decode: (text) => text };

const roundTrip = async (text: string) => unseal(await seal(text, password, asText), password, asText);

const bytesAsText = (bytes: Uint8Array) => unseal(forge({ password, plaintext: bytes }), password, asText);

test("every character comes back", async () => {
  const BLOCK = 4096;
  for (let first = 0; first < 0x11_0000; first += BLOCK) {
    const codes = Array.from({ length: BLOCK }, (_, index) => first + index);
    const text = `x${codes.map((code) => (code >= 0xd800 && code <= 0xdfff ? "-" : String.fromCodePoint(code))).join("")}`;
    const back = await roundTrip(text);
    expect(back === text, `characters from U+${first.toString(16)}`).toBe(true);
  }
});

test.each([
  ["ASCII", "plain"],
  ["Latin-1 at both ends", "\u00e9t\u00e9 \u0080\u00ff"],
  ["the first character that is no Latin-1", "a\u00ffb\u0100c"],
  ["the last character alone is wide", `${"é".repeat(500)}\u{1f511}`],
  ["a byte order mark inside", "a\ufeffb"],
])("text: %s", async (_, text) => {
  expect(await roundTrip(text)).toBe(text);
});

test.each([
  ["a byte order mark at the start", [0xef, 0xbb, 0xbf, 0x61]],
  ["two byte order marks", [0xef, 0xbb, 0xbf, 0xef, 0xbb, 0xbf, 0x61]],
  ["a lone continuation byte", [0x61, 0x80, 0x62]],
  ["an overlong form", [0xc0, 0xaf, 0xc1, 0x81]],
  ["a Latin-1 lead without its continuation", [0x61, 0xc3]],
  ["a Latin-1 lead before ASCII", [0xc3, 0x61]],
  ["a surrogate", [0xed, 0xa0, 0x80]],
  ["over the last code point", [0xf4, 0x90, 0x80, 0x80]],
  ["a sequence cut short", [0xf0, 0x9f, 0x94]],
  ["bytes that no text has", [0xff, 0xfe]],
])("bytes: %s", async (_, bytes) => {
  const plaintext = Uint8Array.from(bytes);
  expect(await bytesAsText(plaintext)).toBe(new TextDecoder().decode(plaintext));
});
