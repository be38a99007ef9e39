// Sessions and their keys by number, so that a million of them need no memory of the process that is measured.
import { makeSession } from "../lib/sessions.mjs";

/** The JSON of a session, in bytes. */
export const BYTES = 500;
/** How many distinct sessions are made, and cycled. */
const DISTINCT = 10_000;

const KEY_BYTES = 34;
const key = Buffer.alloc(KEY_BYTES + 2);

let made;

/** The session of an index. */
export function sessionAt(index) {
  made ??= Array.from({ length: DISTINCT }, (_, number) => makeSession("token", number, BYTES));
  return made[index % DISTINCT];
}

/** The key of an index: 34 bytes in base64url that look random. */
export function keyAt(index) {
  let state = (index + 1) | 0;
  for (let at = 0; at < KEY_BYTES; at += 4) {
    // The mixer of splitmix32, whose outputs for different states differ.
    state = (state + 0x9e37_79b9) | 0;
    let word = Math.imul(state ^ (state >>> 16), 0x21f0_aaad);
    word = Math.imul(word ^ (word >>> 15), 0x735a_2d97);
    key.writeInt32LE(word ^ (word >>> 15), at);
  }
  return key.toString("base64url", 0, KEY_BYTES);
}
