// Writes ik1.json: tokens of the format ik1, and tokens that have to be refused, made with node:crypto alone.
// Run it from anywhere: node __test__/vectors/make-ik1.mjs

import { createCipheriv, createHash, createHmac, hkdfSync } from "node:crypto";
import { writeFileSync } from "node:fs";
import { deflateRawSync } from "node:zlib";

const NOW = Date.UTC(2026, 0, 15, 12, 0, 0);
const HOUR = 3_600_000;
const MAX_PAYLOAD = 65_536;

const utf8 = (text) => Buffer.from(text, "utf8");
const bytesOf = ({ text, times = 1, hex }) => (text === undefined ? Buffer.from(hex, "hex") : utf8(text.repeat(times)));
const lp = (text) => Buffer.concat([u32(utf8(text).length), utf8(text)]);

function u32(value) {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function u64(value) {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

/** A salt that is the same in every run, so that running this again changes nothing. */
const saltOf = (name) => createHash("sha256").update(`ik1 vector|${name}`).digest().subarray(0, 24);

function keysOf({ secret, purpose }, salt) {
  const info = Buffer.concat([Buffer.of(1), lp(purpose), salt]);
  const okm = Buffer.from(hkdfSync("sha256", bytesOf(secret), "ironkeep ik1", info, 76));
  return { info, key: okm.subarray(0, 32), nonce: okm.subarray(32, 44), commitment: okm.subarray(44) };
}

const associatedDataOf = ({ kid, purpose, sessionName, audience }) =>
  Buffer.concat(["ik1", kid, purpose, sessionName, audience].map(lp));

const headerOf = ({ flags, issuedAt, expiresAt }) => Buffer.concat([Buffer.of(flags), u64(issuedAt), u64(expiresAt)]);

/** Every part of the token that seals `plaintext`. */
function partsOf(spec, plaintext) {
  const salt = saltOf(spec.name);
  const keys = keysOf(spec, salt);
  const associatedData = associatedDataOf(spec);
  const cipher = createCipheriv("aes-256-gcm", keys.key, keys.nonce).setAAD(associatedData);
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return { salt, ...keys, associatedData, plaintext, ciphertext, tag: cipher.getAuthTag() };
}

const written = (kid, bytes) => `ik1.${kid}.${bytes.toString("base64url")}`;

const tokenOf = ({ kid }, { salt, commitment, ciphertext, tag }) =>
  written(kid, Buffer.concat([salt, commitment, ciphertext, tag]));

const SECRET = { text: "docs/formats.md--example-key-0001" };
const OTHER = { hex: "00112233445566778899aabbccddeeff0f1e2d3c4b5a69788796a5b4c3d2e1f0" };

const defaults = {
  secret: SECRET,
  kid: "2026_01",
  purpose: "session",
  sessionName: "h3",
  audience: "",
  issuedAt: NOW,
  expiresAt: NOW + HOUR,
};

const DATA = '{"id":"3f0c","createdAt":1768478400000,"data":{"user":"grace"}}';
const LIST = JSON.stringify({
  cart: Array.from({ length: 60 }, (_, item) => ({ item, name: `thing ${item}`, size: "M" })),
});

const SEALED = [
  { name: "a session", payload: { text: DATA } },
  { name: "an audience", payload: { text: DATA }, audience: "shop.example" },
  { name: "no payload", payload: { text: "" } },
  {
    name: "no payload, no names, no times",
    payload: { text: "" },
    purpose: "",
    sessionName: "",
    issuedAt: 0,
    expiresAt: 0,
  },
  { name: "no expiry", payload: { text: DATA }, expiresAt: 0 },
  { name: "an expiry of 1 ms", payload: { text: DATA }, issuedAt: 0, expiresAt: 1 },
  { name: "an expiry in the year 275760", payload: { text: DATA }, expiresAt: 8_640_000_000_000_000 },
  { name: "a key given as bytes", payload: { text: DATA }, secret: OTHER },
  { name: "a key longer than a block of SHA-256", payload: { text: DATA }, secret: { hex: "5a".repeat(100) } },
  {
    name: "a key that is not ASCII",
    payload: { text: DATA },
    secret: { text: "schlüssel-🔑-日本語-long-enough-for-it" },
  },
  { name: "an id of one character", payload: { text: DATA }, kid: "0" },
  { name: "an id of sixteen characters", payload: { text: DATA }, kid: "aZ09_aZ09_aZ09_X" },
  { name: "unicode", payload: { text: '{"name":"Zoë 🦊 日本語 שלום","half":"\\ud800"}' } },
  {
    name: "names that are not ASCII",
    payload: { text: DATA },
    purpose: "sitzung-ü",
    sessionName: "sesión-日本",
    audience: "köln.example/🦊",
  },
  { name: "bytes that are no text", payload: { hex: "00ff80c328a0a1e28281f0288cbc" } },
  { name: "one byte", payload: { hex: "00" } },
  { name: "deflated", payload: { text: LIST }, deflated: true },
  { name: "deflated to the limit", payload: { text: "a", times: MAX_PAYLOAD }, deflated: true },
  { name: "an empty payload deflated", payload: { text: "" }, deflated: true },
  { name: "another purpose", payload: { text: DATA }, purpose: "csrf" },
];

function vectorOf(given) {
  const { payload, deflated = false, ...spec } = { name: "", ...defaults, ...given };
  const stored = deflated ? deflateRawSync(bytesOf(payload), { level: 9 }) : bytesOf(payload);
  const parts = partsOf(spec, Buffer.concat([headerOf({ ...spec, flags: Number(deflated) }), stored]));
  return { vector: { ...spec, deflated, payload, token: tokenOf(spec, parts) }, parts };
}

const made = SEALED.map(vectorOf);
const [{ vector: first, parts }] = made;
const firstBytes = Buffer.from(first.token.split(".")[2], "base64url");
const hex = (bytes) => bytes.toString("hex");

/** Authentic tokens of a plaintext that no sealer writes. */
function crafted(name, plaintext) {
  const spec = { ...defaults, name };
  return { name, token: tokenOf(spec, partsOf(spec, plaintext)) };
}

const header = (flags) => headerOf({ ...defaults, flags });
const deflatedBytes = deflateRawSync(utf8(DATA));

function changed(name, at) {
  const bytes = Buffer.from(firstBytes);
  bytes[at < 0 ? bytes.length + at : at] ^= 1;
  return { name, token: written(first.kid, bytes) };
}

const bodyOf = (token) => token.split(".")[2];
const underKid = (name, kid) => ({ name, token: `ik1.${kid}.${bodyOf(first.token)}` });
const withBody = (name, change) => ({ name, token: `ik1.${first.kid}.${change(bodyOf(first.token))}` });

/** The next character of the alphabet, which differs in the last bit: one that stands for nothing in a body of 2 mod 3 bytes. */
function nextLast(body) {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const last = alphabet.indexOf(body.at(-1));
  if (firstBytes.length % 3 === 0) throw new Error("every bit of this body stands for something");
  return body.slice(0, -1) + alphabet[last ^ 1];
}

/** The first token's bytes, with a commitment that is another key's under the same salt. */
function foreignCommitment() {
  const { commitment } = keysOf({ ...first, secret: OTHER }, parts.salt);
  const bytes = Buffer.concat([parts.salt, commitment, parts.ciphertext, parts.tag]);
  return { name: "the commitment of another key", token: written(first.kid, bytes) };
}

const REFUSED = [
  { name: "another key", secret: OTHER, token: first.token },
  { name: "another purpose", purpose: "csrf", token: first.token },
  { name: "another session name", sessionName: "admin", token: first.token },
  { name: "another audience", audience: "shop.example", token: first.token },
  { name: "a name cut elsewhere", sessionName: "h", audience: "3", token: first.token },
  underKid("another id of the same key", "2026_02"),
  underKid("no id", ""),
  underKid("an id of seventeen characters", "a".repeat(17)),
  underKid("an id with a hyphen", "2026-01"),
  { name: "another prefix", token: first.token.replace("ik1.", "ik2.") },
  { name: "the prefix in upper case", token: first.token.replace("ik1.", "IK1.") },
  { name: "a part too many", token: `${first.token}.` },
  { name: "a part too few", token: `ik1.${bodyOf(first.token)}` },
  withBody("padding", (body) => `${body}${"=".repeat((4 - (body.length % 4)) % 4)}`),
  withBody("a bit that stands for nothing", nextLast),
  withBody("a space behind it", (body) => `${body} `),
  withBody("cut short by a character", (body) => body.slice(0, -1)),
  withBody("nothing in it", () => ""),
  withBody("fewer bytes than the smallest token", () => firstBytes.subarray(0, 88).toString("base64url")),
  changed("a bit of the salt", 0),
  changed("a bit of the commitment", 24),
  changed("a bit of the ciphertext", 56),
  changed("a bit of the tag", -1),
  foreignCommitment(),
  crafted("a plaintext of 16 bytes", header(0).subarray(0, 16)),
  crafted("no plaintext", Buffer.alloc(0)),
  crafted("an unknown flag", Buffer.concat([header(2), utf8(DATA)])),
  crafted("an unknown flag beside a known one", Buffer.concat([header(0x81), deflatedBytes])),
  crafted("deflated, with a byte behind it", Buffer.concat([header(1), deflatedBytes, Buffer.of(0)])),
  crafted("deflated and cut short", Buffer.concat([header(1), deflatedBytes.subarray(0, -1)])),
  crafted("deflated, and no such thing", Buffer.concat([header(1), utf8(DATA)])),
  crafted("deflated, and nothing there", header(1)),
  crafted("deflated to more than the limit", Buffer.concat([header(1), deflateRawSync(Buffer.alloc(MAX_PAYLOAD + 1))])),
  { name: "expired by five seconds", now: first.expiresAt + 5000, code: "ERR_SEAL_EXPIRED", token: first.token },
];

function refusalOf({ token, ...given }) {
  const { secret, purpose, sessionName, audience, issuedAt } = defaults;
  const read = { secret, purpose, sessionName, audience, now: issuedAt };
  return { name: "", ...read, code: "ERR_SEAL_INVALID", ...given, token };
}

const how =
  "Made with node:crypto and node:zlib alone, with salts that are SHA-256 of the names. docs/formats.md is the format. " +
  "secret and payload: {text} in UTF-8, so many {times}, or bytes in {hex}. issuedAt, expiresAt, now: ms since the epoch, an expiry of 0 is none. " +
  "example: the parts of the first vector in hex. refused: tokens that open under nothing here, read with that secret (whatever id the token names), " +
  `purpose, sessionName and audience at that instant, with payloads of at most ${MAX_PAYLOAD} bytes. Another zlib may deflate to other bytes. ` +
  "Made again by: node __test__/vectors/make-ik1.mjs";

const example = {
  prk: hex(createHmac("sha256", "ironkeep ik1").update(bytesOf(first.secret)).digest()),
  ...Object.fromEntries(Object.entries(parts).map(([part, bytes]) => [part, hex(bytes)])),
};
const file = { how, vectors: made.map(({ vector }) => vector), example, refused: REFUSED.map(refusalOf) };
writeFileSync(new URL("ik1.json", import.meta.url), `${JSON.stringify(file, null, 2)}\n`);
