// Makes a peer's seal reproducible: its randomness comes from the vector's name and its clock
// stands still, so that running a generator again changes no byte of the committed data.

import { createHash } from "node:crypto";
import { createRequire } from "node:module";

// CommonJS peers read `randomBytes` from this mutable object; an ESM namespace could not be patched.
const nodeCrypto = createRequire(import.meta.url)("node:crypto");

function byteStream(seed) {
  let block = 0;
  return (size) => {
    const chunks = [];
    for (let have = 0; have < size; have += 32) {
      chunks.push(createHash("sha256").update(`${seed}|${block++}`).digest());
    }
    return Buffer.concat(chunks).subarray(0, size);
  };
}

/** Runs `make` with `crypto.getRandomValues`, `randomBytes` and `Date.now` fixed by `seed` and `now`. */
export async function withSeed(seed, now, make) {
  const next = byteStream(seed);
  const { randomBytes } = nodeCrypto;
  const dateNow = Date.now;
  nodeCrypto.randomBytes = (size) => Buffer.from(next(size));
  Object.defineProperty(globalThis.crypto, "getRandomValues", {
    configurable: true,
    value: (array) => {
      new Uint8Array(array.buffer, array.byteOffset, array.byteLength).set(next(array.byteLength));
      return array;
    },
  });
  Date.now = () => now;
  try {
    return await make();
  } finally {
    nodeCrypto.randomBytes = randomBytes;
    delete globalThis.crypto.getRandomValues;
    Date.now = dateNow;
  }
}
