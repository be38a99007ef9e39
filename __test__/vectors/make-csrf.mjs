// Writes csrf.json: CSRF tokens, computed with node:crypto alone from the derivation that docs/csrf.md publishes.
// Run it from anywhere: node __test__/vectors/make-csrf.mjs

import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";

import { plainToken } from "./plain-csrf.mjs";

const TEXT = "Vb7kQm2xT9sLw4pZcY8nJr5hGf3dA6eU";
const UNICODE_TEXT = "påsswørd-with-ünïcode-🦊-日本語-and-more";
const BYTES = "00112233445566778899aabbccddeefff0e1d2c3b4a5968778695a4b3c2d1e0f";
const UUID = "0b7f5f3e-8a51-4a0c-9d6b-3c5a2f1e7d90";

const text = (secret) => ({ secret: { text: secret } });
const bytes = (hex) => ({ secret: { hex } });

const CASES = [
  { title: "a password as text", ...text(TEXT), kid: "0", name: "h3", audience: "", sessionId: UUID },
  { title: "a password as bytes", ...bytes(BYTES), kid: "0", name: "h3", audience: "", sessionId: UUID },
  { title: "text that is no ASCII", ...text(UNICODE_TEXT), kid: "0", name: "säsh", audience: "äpp", sessionId: "🦊" },
  { title: "a key of a ring", ...text(TEXT), kid: "k1", name: "h3", audience: "shop", sessionId: UUID },
  {
    title: "a key of a ring, as bytes",
    ...bytes(BYTES),
    kid: "K_2026",
    name: "admin",
    audience: "shop",
    sessionId: "1",
  },
  { title: "a boundary further on", ...text(TEXT), kid: "0", name: "h3a", audience: "", sessionId: UUID },
  { title: "a boundary further back", ...text(TEXT), kid: "0", name: "h3", audience: "a", sessionId: UUID },
];

const vectors = CASES.map((each) => {
  const nonceHex = createHash("sha256").update(each.title).digest("hex").slice(0, 32);
  return { ...each, nonceHex, token: plainToken({ ...each, nonceHex }) };
});

const how =
  "Computed in plain node:crypto, without Ironkeep. K = HKDF-SHA256(key, salt 'ironkeep csrf', info 'v1', 32 bytes); MAC = HMAC-SHA256(K, lp(name) | lp(audience) | lp(kid) | lp(sessionId) | nonce), lp(x) = length of the UTF-8 bytes as u32 big-endian, then the bytes; token = kid, a dot, base64url(nonce | MAC). Made again by: node __test__/vectors/make-csrf.mjs";
writeFileSync(new URL("csrf.json", import.meta.url), `${JSON.stringify({ how, vectors }, null, 2)}\n`);
