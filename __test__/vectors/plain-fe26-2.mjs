// Fe26.2 once more, in plain node:crypto and sharing nothing with the peers or with Ironkeep:
// the generator opens every vector with it before writing one.

import { createDecipheriv, createHmac, pbkdf2Sync, timingSafeEqual } from "node:crypto";

const CIPHERS = {
  "aes-256-cbc": { name: "aes-256-cbc", keyBytes: 32 },
  "aes-128-ctr": { name: "aes-128-ctr", keyBytes: 16 },
};

function keyOf(half, salt, iterations, bytes) {
  if (half.hex !== undefined) {
    if (salt !== "") throw new Error("a byte password takes no salt");
    return Buffer.from(half.hex, "hex");
  }
  return pbkdf2Sync(half.text, salt, iterations, bytes, "sha1");
}

/** Verifies and opens a vector; returns its JSON text, its password id and its expiry. */
export function openPlain(vector) {
  const parts = vector.token.split("*");
  const [prefix, id, encryptionSalt, iv, ciphertext, expiry, macSalt, mac] = parts;
  if (parts.length !== 8 || prefix !== "Fe26.2") throw new Error("not Fe26.2");

  const macKey = keyOf(vector.integrity ?? vector.password, macSalt, vector.integrityIterations, 32);
  const expected = createHmac("sha256", macKey).update(parts.slice(0, 6).join("*")).digest();
  if (!timingSafeEqual(expected, Buffer.from(mac, "base64url"))) throw new Error("MAC differs");

  const cipher = CIPHERS[vector.algorithm];
  const key = keyOf(vector.encryption ?? vector.password, encryptionSalt, vector.encryptionIterations, cipher.keyBytes);
  const decipher = createDecipheriv(cipher.name, key, Buffer.from(iv, "base64url"));
  const plain = Buffer.concat([decipher.update(Buffer.from(ciphertext, "base64url")), decipher.final()]);
  return { id, payload: plain.toString("utf8"), expiresAt: expiry === "" ? null : Number(expiry) };
}
