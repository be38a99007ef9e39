// Cookies of stored sessions and the keys of imports once more, in plain node:crypto and sharing nothing with Ironkeep.

import { createHash, createHmac, hkdfSync } from "node:crypto";

function lengthPrefixed(value) {
  const bytes = Buffer.from(value, "utf8");
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

const joined = (values) => Buffer.concat(values.map(lengthPrefixed));

/** The cookie of an id, which is base64url. `secret` is `{ text }` or `{ hex }`. */
export function plainCookie({ secret, name, audience, kid, id }) {
  const key = secret.hex === undefined ? Buffer.from(secret.text, "utf8") : Buffer.from(secret.hex, "hex");
  const mac = createHmac("sha256", Buffer.from(hkdfSync("sha256", key, "ironkeep sid", "v1", 32)))
    .update(joined([name, audience, kid]))
    .update(Buffer.from(id, "base64url"))
    .digest();
  return `${kid}.${id}.${mac.subarray(0, 16).toString("base64url")}`;
}

/** What names the import of a sealed session, and the id that comes of it. */
export function plainImport({ name, audience, sealedId, createdAt, tagHex }) {
  const time = Buffer.alloc(8);
  time.writeBigUInt64BE(BigInt(Math.floor(createdAt)));
  const key = createHash("sha256")
    .update(joined(["ironkeep import", name, audience, sealedId]))
    .update(time)
    .digest();
  return { keyHex: key.toString("hex"), id: Buffer.concat([Buffer.from(tagHex, "hex"), key]).toString("base64url") };
}
