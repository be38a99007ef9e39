// CSRF tokens once more, in plain node:crypto and sharing nothing with Ironkeep.

import { createHmac, hkdfSync } from "node:crypto";

function lengthPrefixed(value) {
  const bytes = Buffer.from(value, "utf8");
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** The token that this nonce gives. `secret` is `{ text }` or `{ hex }`. */
export function plainToken({ secret, name, audience, kid, sessionId, nonceHex }) {
  const key = secret.hex === undefined ? Buffer.from(secret.text, "utf8") : Buffer.from(secret.hex, "hex");
  const nonce = Buffer.from(nonceHex, "hex");
  const mac = createHmac("sha256", Buffer.from(hkdfSync("sha256", key, "ironkeep csrf", "v1", 32)))
    .update(Buffer.concat([...[name, audience, kid, sessionId].map(lengthPrefixed), nonce]))
    .digest();
  return `${kid}.${Buffer.concat([nonce, mac]).toString("base64url")}`;
}
