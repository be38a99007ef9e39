// Writes fe26-2.json: tokens sealed by the packages that Ironkeep must interoperate with.
// Run it from anywhere: node __test__/vectors/make-fe26-2.mjs

import { readFileSync, writeFileSync } from "node:fs";

import * as hapi from "@hapi/iron";
import * as h3v1 from "h3-v1";
import * as h3v2 from "h3-v2";
import * as h3v2rc2 from "h3-v2-rc2";
import { sealData } from "iron-session";
import * as wc1 from "iron-webcrypto-1";
import * as wc2 from "iron-webcrypto-2";

import { openPlain } from "./plain-fe26-2.mjs";
import { withSeed } from "./seeded.mjs";

const NOW = Date.UTC(2026, 0, 15, 12, 0, 0);
const ITERATIONS = { 1: 1, 2: 8192 };

const TEXT = "correct horse battery staple, but longer";
const HEX64 = "8f3b0f6d0c1e4a5f9b7c2d3e1a0b4c6d8e9f7a5b3c1d2e4f6a8b0c9d7e5f3a1b";
const UNICODE_TEXT = "påsswørd-with-ünïcode-🦊-日本語-and-more";
const BYTES_A = "00112233445566778899aabbccddeefff0e1d2c3b4a5968778695a4b3c2d1e0f";
const BYTES_B = "a1b2c3d4e5f60718293a4b5c6d7e8f90011223344556677889900aabbccddeef";
const BYTES_16 = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";

const text = (value) => ({ password: { text: value } });
const bytes = (hex) => ({ password: { hex } });

function filler(jsonBytes) {
  const empty = JSON.stringify({ filler: "" }).length;
  return { filler: "abcdefghij".repeat(400).slice(0, jsonBytes - empty) };
}

const PAYLOADS = {
  empty: {},
  null: null,
  array: [1, "two", false, null, { three: [3.5, -4, 1e21] }],
  string: "only a string",
  number: 42,
  unicode: { name: "Zoë Müller", emoji: "🦊👩‍👩‍👧", cjk: "日本語", rtl: "שלום", combining: "e\u0301" },
  escapes: { quote: '"\\/', control: "\u0000\b\t\n\u001f", lines: "\u2028\u2029", half: "\ud800" },
  oneKilobyte: filler(1024),
  threeKilobytes: filler(3072),
  // An own key, as a client may send it; JSON.parse defines it, a literal would set the prototype.
  proto: JSON.parse('{"__proto__":{"admin":true},"constructor":1}'),
  // 16 bytes of JSON: PKCS#7 adds a whole block.
  oneBlock: { block: "123456" },
};

const session = (data) => ({
  id: "3f0c3f0a-6d0b-4c3e-9f61-1d8a3d2b7c11",
  createdAt: NOW - 5000,
  data,
});

const formOf = (half) => (half.hex === undefined ? half.text : Buffer.from(half.hex, "hex"));

/** The password in the form in which the packages take it. */
function passwordOf({ password, encryption, integrity, id }) {
  if (encryption !== undefined) {
    return { id, encryption: formOf(encryption), integrity: formOf(integrity) };
  }
  return id === "" ? formOf(password) : { id, secret: formOf(password) };
}

function optionsOf(defaults, spec) {
  const iterations = ITERATIONS[spec.generation];
  const saltBits = spec.saltBits ?? 256;
  return {
    ...defaults,
    encryption: { ...defaults.encryption, algorithm: spec.algorithm, iterations, saltBits },
    integrity: { ...defaults.integrity, iterations, saltBits },
    ttl: spec.ttl,
  };
}

/** h3 takes its own default iterations unless a case changes the algorithm: `seal` is a shallow spread. */
function h3Config(spec) {
  const config = { name: spec.sessionName ?? "h3", password: passwordOf(spec) };
  if (spec.ttl !== 0) config.maxAge = spec.ttl / 1000;
  if (spec.algorithm !== "aes-256-cbc") {
    config.seal = { encryption: optionsOf(wc2.defaults, spec).encryption };
  }
  return config;
}

const sealH3 = (h3) => (spec) => {
  const config = h3Config(spec);
  const event = { context: { sessions: { [config.name]: spec.payload } } };
  return h3.sealSession(event, config);
};

const SEALERS = {
  "@hapi/iron": (spec) => hapi.seal(spec.payload, passwordOf(spec), optionsOf(hapi.defaults, spec)),
  "iron-webcrypto-1": (spec) =>
    wc1.seal(globalThis.crypto, spec.payload, passwordOf(spec), optionsOf(wc1.defaults, spec)),
  "iron-webcrypto-2": (spec) => wc2.seal(spec.payload, passwordOf(spec), optionsOf(wc2.defaults, spec)),
  // The `~2` behind the seal is iron-session's own mark; the vector keeps the seal.
  "iron-session": async (spec) => {
    const sealed = await sealData(spec.payload, {
      password: spec.password.text,
      ttl: spec.ttl / 1000,
    });
    return sealed.slice(0, sealed.indexOf("~"));
  },
  "h3-v1": sealH3(h3v1),
  "h3-v2": sealH3(h3v2),
  "h3-v2-rc2": sealH3(h3v2rc2),
};

function makerOf(alias) {
  const file = new URL(`../../node_modules/${alias}/package.json`, import.meta.url);
  const { name, version } = JSON.parse(readFileSync(file, "utf8"));
  return `${name}@${version}`;
}

const DAY = 86_400_000;
const P = PAYLOADS;
const ctr = { algorithm: "aes-128-ctr" };
const halvesText = { encryption: { text: TEXT }, integrity: { text: HEX64 } };
const halvesBytes = { encryption: { hex: BYTES_A }, integrity: { hex: BYTES_B } };
const halvesMixed = { encryption: { text: TEXT }, integrity: { hex: BYTES_B } };
const halvesCtr = { encryption: { hex: BYTES_16 }, integrity: { hex: BYTES_B } };

const CASES = [
  ["iron-webcrypto-1", 1, "empty object", { payload: P.empty, ...text(TEXT) }],
  ["iron-webcrypto-1", 1, "unicode payload", { payload: P.unicode, ...text(TEXT) }],
  ["iron-webcrypto-1", 1, "own __proto__ key", { payload: P.proto, ...text(TEXT) }],
  ["iron-webcrypto-1", 1, "bytes", { payload: P.array, ...bytes(BYTES_A) }],
  ["iron-webcrypto-1", 1, "ctr", { payload: P.oneKilobyte, ...text(TEXT), ...ctr }],
  ["iron-webcrypto-1", 1, "ttl", { payload: P.array, ...text(HEX64), ttl: 15 * 60_000 }],

  ["iron-webcrypto-2", 1, "empty object", { payload: P.empty, ...text(TEXT) }],
  ["iron-webcrypto-2", 1, "null", { payload: P.null, ...text(TEXT) }],
  ["iron-webcrypto-2", 1, "array", { payload: P.array, ...text(TEXT) }],
  ["iron-webcrypto-2", 1, "string", { payload: P.string, ...text(TEXT) }],
  ["iron-webcrypto-2", 1, "number", { payload: P.number, ...text(TEXT) }],
  ["iron-webcrypto-2", 1, "escapes", { payload: P.escapes, ...text(TEXT) }],
  ["iron-webcrypto-2", 1, "one block", { payload: P.oneBlock, ...text(TEXT) }],
  ["iron-webcrypto-2", 1, "1 KB", { payload: P.oneKilobyte, ...text(TEXT) }],
  ["iron-webcrypto-2", 1, "3 KB", { payload: P.threeKilobytes, ...text(TEXT) }],
  ["iron-webcrypto-2", 1, "hex text", { payload: P.unicode, ...text(HEX64) }],
  ["iron-webcrypto-2", 1, "unicode text", { payload: P.unicode, ...text(UNICODE_TEXT) }],
  ["iron-webcrypto-2", 1, "id and secret", { payload: P.array, ...text(TEXT), id: "key_7" }],
  ["iron-webcrypto-2", 1, "id and bytes", { payload: P.array, ...bytes(BYTES_B), id: "B2" }],
  ["iron-webcrypto-2", 1, "two texts", { payload: P.array, ...halvesText, id: "pair" }],
  ["iron-webcrypto-2", 1, "two texts, no id", { payload: P.unicode, ...halvesText }],
  ["iron-webcrypto-2", 1, "two byte halves", { payload: P.array, ...halvesBytes }],
  ["iron-webcrypto-2", 1, "text and bytes", { payload: P.array, ...halvesMixed }],
  ["iron-webcrypto-2", 1, "ctr, bytes", { payload: P.unicode, ...halvesCtr, ...ctr }],
  ["iron-webcrypto-2", 1, "128 salt bits", { payload: P.empty, ...text(TEXT), saltBits: 128 }],
  ["iron-webcrypto-2", 1, "1024 salt bits", { payload: P.empty, ...text(TEXT), saltBits: 1024 }],

  ["@hapi/iron", 1, "unicode payload", { payload: P.unicode, ...text(TEXT) }],
  ["@hapi/iron", 1, "null", { payload: P.null, ...text(TEXT) }],
  ["@hapi/iron", 1, "bytes", { payload: P.array, ...bytes(BYTES_A) }],
  ["@hapi/iron", 1, "ctr, ttl", { payload: P.empty, ...text(HEX64), ...ctr, ttl: DAY }],
  ["@hapi/iron", 1, "two texts", { payload: P.threeKilobytes, ...halvesText, id: "pair" }],

  ["iron-session", 1, "default ttl", { payload: P.unicode, ...text(TEXT), id: "1", ttl: 14 * DAY }],
  ["iron-session", 1, "no ttl", { payload: P.oneKilobyte, ...text(HEX64), id: "1" }],

  ["h3-v1", 1, "session", { payload: session({ user: "ada", visits: 3 }), ...text(TEXT) }],
  ["h3-v1", 1, "maxAge", { payload: session(P.unicode), ...text(HEX64), ttl: 7 * DAY }],
  ["h3-v1", 1, "3 KB session", { payload: session(P.threeKilobytes), ...text(UNICODE_TEXT) }],
  ["h3-v2-rc2", 1, "session", { payload: session({ user: "ada", visits: 3 }), ...text(TEXT) }],
  ["h3-v2-rc2", 1, "maxAge, id", { payload: session({}), ...text(HEX64), id: "k1", ttl: DAY }],

  ["h3-v2", 2, "session", { payload: session({ user: "ada", visits: 3 }), ...text(TEXT) }],
  ["h3-v2", 2, "empty session", { payload: session({}), ...text(HEX64) }],
  ["h3-v2", 2, "maxAge", { payload: session(P.unicode), ...text(UNICODE_TEXT), ttl: 7 * DAY }],
  ["h3-v2", 2, "1 KB session", { payload: session(P.oneKilobyte), ...text(TEXT) }],
  ["h3-v2", 2, "3 KB session", { payload: session(P.threeKilobytes), ...text(TEXT) }],
  ["h3-v2", 2, "id and secret", { payload: session([1, 2]), ...text(TEXT), id: "2026_01" }],
  ["h3-v2", 2, "two texts", { payload: session({}), ...halvesText, id: "pair" }],
  ["h3-v2", 2, "bytes", { payload: session(P.array), ...bytes(BYTES_A) }],
  ["h3-v2", 2, "ctr", { payload: session(P.unicode), ...text(TEXT), ...ctr }],
  ["iron-webcrypto-2", 2, "null", { payload: P.null, ...text(TEXT) }],
  ["iron-webcrypto-2", 2, "array, ttl", { payload: P.array, ...text(HEX64), ttl: 60_000 }],
  ["iron-webcrypto-2", 2, "text and bytes", { payload: P.unicode, ...halvesMixed, id: "mix" }],
  ["iron-webcrypto-1", 2, "escapes, ctr", { payload: P.escapes, ...text(UNICODE_TEXT), ...ctr }],
  ["@hapi/iron", 2, "empty object", { payload: P.empty, ...text(TEXT) }],
];

async function vectorOf([alias, generation, label, given]) {
  const spec = { algorithm: "aes-256-cbc", id: "", ttl: 0, ...given, generation };
  const name = `${alias} G${generation}: ${label}`;
  const token = await withSeed(name, NOW, () => SEALERS[alias](spec));
  const vector = {
    name,
    maker: makerOf(alias),
    generation,
    encryptionIterations: ITERATIONS[generation],
    integrityIterations: ITERATIONS[generation],
    algorithm: spec.algorithm,
    ...(spec.encryption === undefined
      ? { password: spec.password }
      : { encryption: spec.encryption, integrity: spec.integrity }),
    id: spec.id,
    token,
    payload: JSON.stringify(spec.payload),
    expiresAt: spec.ttl === 0 ? null : NOW + spec.ttl,
  };

  const opened = openPlain(vector);
  for (const field of ["id", "payload", "expiresAt"]) {
    if (opened[field] !== vector[field]) throw new Error(`${name}: ${field} differs`);
  }
  return vector;
}

const vectors = [];
for (const entry of CASES) vectors.push(await vectorOf(entry));

const how =
  "Sealed by the package named in `maker`, with its randomness and clock fixed by seeded.mjs, and each opened again in plain node:crypto before it was written. " +
  "generation: 1 = 1 PBKDF2 iteration, 2 = 8192. password, or both encryption and integrity: {text} goes through PBKDF2, {hex} is the raw key in hex. " +
  "id: the password id in the token, empty for none. payload: the exact JSON text inside. expiresAt: ms since the epoch, null for never. " +
  "Made again by: node __test__/vectors/make-fe26-2.mjs";

writeFileSync(new URL("fe26-2.json", import.meta.url), `${JSON.stringify({ how, vectors }, null, 2)}\n`);
