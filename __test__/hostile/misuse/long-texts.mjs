// Texts of 100 MB, one at a time, each freed before the next.

import { mockEvent } from "h3-v2";
import * as session from "ironkeep/h3";
import { defaults, seal, sealSync, unseal } from "ironkeep/iron";
import { createRequire } from "node:module";

import { attempt, report } from "./table.mjs";
import { EXTRAS, halves, passwordForm, withCalls } from "../sealer-options.mjs";

const { Sealer } = createRequire(import.meta.url)("../../../index.cjs");
const PASSWORD = "mY4&tG8z*Qw2kV6r%Nf9xP3c!Sb7hD5j";
const CONFIG = { password: PASSWORD };
const LENGTH = 100 * 1024 * 1024;

/** Flat, as a text from a socket is: a rope would be flattened, and kept twice, by the first reader. */
function long(character = "x") {
  return Buffer.alloc(LENGTH, character).toString("latin1");
}

const token = sealSync({ a: 1 }, PASSWORD, defaults);
const PARTS = token.split("*");

/** A token with a long part at `index`. */
function longPart(index) {
  return PARTS.map((part, each) => (each === index ? long("A") : part)).join("*");
}

const sealer = withCalls(new Sealer(passwordForm(PASSWORD), { ...halves(1), ...EXTRAS }));

const CASES = {
  "seal, the payload": () => seal(long(), PASSWORD, defaults),
  "seal, the password": () => seal({}, long(), defaults),
  "unseal, the token": () => unseal(long(), PASSWORD, defaults),
  "unseal, a token of separators": () => unseal(long("*"), PASSWORD, defaults),
  ...Object.fromEntries(
    [1, 2, 4, 7].map((index) => [`unseal, part ${index}`, () => unseal(longPart(index), PASSWORD, defaults)]),
  ),
  "tryUnseal, the token": () => sealer.tryUnseal(long(), Date.now()),
  "deriveForUnseal, the token": () => sealer.deriveForUnseal(long(), Date.now()),
  "useSession, the cookie": () => session.useSession(mockEvent("/", { headers: { cookie: `h3=${long()}` } }), CONFIG),
  "useSession, the header": () => session.useSession(mockEvent("/", { headers: { "x-h3-session": long() } }), CONFIG),
  "unsealSession, the token": () => session.unsealSession(null, CONFIG, long()),
  "updateSession, the data": () => session.updateSession(mockEvent("/"), CONFIG, { text: long() }),
};

for (const [name, call] of Object.entries(CASES)) {
  await attempt(name, call);
  globalThis.gc();
}

await report();
