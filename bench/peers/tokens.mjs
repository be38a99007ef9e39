// Encrypted tokens of other formats than iron's: JSON in, text out, and back. None of them derives a key.
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";

import { CompactEncrypt, compactDecrypt } from "jose";
import sodium from "sodium-native";

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** JWE, `dir` with A256GCM, compact. The key is imported once: given as bytes jose would import it in every call. */
export async function jose() {
  const key = await crypto.subtle.importKey("raw", randomBytes(KEY_BYTES), "AES-GCM", false, ["encrypt", "decrypt"]);
  const header = { alg: "dir", enc: "A256GCM" };
  return {
    seal: (data) => new CompactEncrypt(encoder.encode(JSON.stringify(data))).setProtectedHeader(header).encrypt(key),
    async unseal(token) {
      const { plaintext } = await compactDecrypt(token, key);
      return JSON.parse(decoder.decode(plaintext));
    },
  };
}

/** libsodium's secretbox: nonce and box in base64url. */
export function secretbox() {
  const { crypto_secretbox_NONCEBYTES: nonceBytes, crypto_secretbox_MACBYTES: macBytes } = sodium;
  const key = randomBytes(sodium.crypto_secretbox_KEYBYTES);
  return {
    seal(data) {
      const message = Buffer.from(JSON.stringify(data));
      const token = Buffer.allocUnsafe(nonceBytes + macBytes + message.length);
      const nonce = token.subarray(0, nonceBytes);
      sodium.randombytes_buf(nonce);
      sodium.crypto_secretbox_easy(token.subarray(nonceBytes), message, nonce, key);
      return token.toString("base64url");
    },
    unseal(token) {
      const bytes = Buffer.from(token, "base64url");
      if (bytes.length < nonceBytes + macBytes) throw new Error("The token is too short");
      const message = Buffer.allocUnsafe(bytes.length - nonceBytes - macBytes);
      const box = bytes.subarray(nonceBytes);
      if (!sodium.crypto_secretbox_open_easy(message, box, bytes.subarray(0, nonceBytes), key)) {
        throw new Error("The token is not authentic");
      }
      return JSON.parse(message.toString());
    },
  };
}

/** What a careful engineer writes with node:crypto: AES-256-GCM, a random nonce, nonce, tag and text in base64url. */
export function aesGcm() {
  const key = randomBytes(KEY_BYTES);
  return {
    seal(data) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG_BYTES });
      const text = Buffer.concat([cipher.update(JSON.stringify(data), "utf8"), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), text]).toString("base64url");
    },
    unseal(token) {
      const bytes = Buffer.from(token, "base64url");
      const textAt = NONCE_BYTES + TAG_BYTES;
      if (bytes.length < textAt) throw new Error("The token is too short");
      const nonce = bytes.subarray(0, NONCE_BYTES);
      const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG_BYTES });
      decipher.setAuthTag(bytes.subarray(NONCE_BYTES, textAt));
      // The text is used only after `final` verified the tag.
      const text = Buffer.concat([decipher.update(bytes.subarray(textAt)), decipher.final()]);
      return JSON.parse(text.toString());
    },
  };
}
