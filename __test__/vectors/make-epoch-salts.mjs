// Writes epoch-salts.json: the epoch salts of Fe26.2 generation 2 and the keys they lead to,
// computed with node:crypto alone. Run it from anywhere: node __test__/vectors/make-epoch-salts.mjs

import { createHmac, pbkdf2Sync } from "node:crypto";
import { writeFileSync } from "node:fs";

const LABEL = "ironkeep*epoch*v1";
const ITERATIONS = 8192;

const derive = (secret, salt) => pbkdf2Sync(secret, salt, ITERATIONS, 32, "sha1");

function lengthPrefixed(value) {
  const bytes = Buffer.from(value, "utf8");
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function saltOf(root, role, name, day) {
  const dayBytes = Buffer.alloc(8);
  dayBytes.writeBigUInt64BE(BigInt(day));
  return createHmac("sha256", root)
    .update(Buffer.concat([lengthPrefixed(role), lengthPrefixed(name), dayBytes]))
    .digest("hex");
}

function vectorOf([secret, name, day]) {
  const root = derive(secret, LABEL);
  const encryptionSalt = saltOf(root, "encryption", name, day);
  const integritySalt = saltOf(root, "integrity", name, day);
  return {
    secret,
    name,
    day,
    rootHex: root.toString("hex"),
    encryptionSalt,
    integritySalt,
    encryptionKeyHex: derive(secret, encryptionSalt).toString("hex"),
    integrityKeyHex: derive(secret, integritySalt).toString("hex"),
  };
}

const WORDS = "Vq7!mK2#xR9@tL4$wN6%zP1^cB8&jH3*";
const HEX = "5d41c0e7a9b2f8364e1d7c05938bfa62e4d80c7b1f95a36278ed40b9c3f6152a";
const UNICODE = "ключ-сессии-🔑-größer-als-32-bytes-日本";
const LONG = "j8Kd0sPq2Lw5".repeat(10);

const CASES = [
  [WORDS, "h3", 0],
  [WORDS, "h3", 20000],
  [WORDS, "h3", 20778],
  [WORDS, "", 20778],
  [WORDS, "sitzung-ü-日本", 20778],
  [HEX, "h3", 20778],
  [HEX, "nuxt-session", 20000],
  [HEX, "__Host-session", 20778],
  [UNICODE, "h3", 20778],
  [UNICODE, "", 0],
  [UNICODE, "сессия", 20000],
  [LONG, "h3", 20778],
  [LONG, "n".repeat(300), 20000],
];

const how =
  "Computed in plain node:crypto, without Ironkeep. root = PBKDF2-HMAC-SHA1(UTF-8 secret, 'ironkeep*epoch*v1', 8192, 32 bytes); " +
  "salt = lower-case hex of HMAC-SHA256(root, lp(role) | lp(name) | day as u64 big-endian), role 'encryption' or 'integrity', lp(x) = length of the UTF-8 bytes as u32 big-endian, then the bytes; " +
  "day = floor(ms since the epoch / 86400000); key = PBKDF2-HMAC-SHA1(UTF-8 secret, ASCII text of the salt, 8192, 32 bytes). " +
  "Made again by: node __test__/vectors/make-epoch-salts.mjs";

writeFileSync(
  new URL("epoch-salts.json", import.meta.url),
  `${JSON.stringify({ how, vectors: CASES.map(vectorOf) }, null, 2)}\n`,
);
