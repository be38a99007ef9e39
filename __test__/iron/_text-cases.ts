// One row for each text that a caller of iron can meet: the same call runs on iron-webcrypto 2 and
// on Ironkeep. The rows where the two differ on purpose say so in `deviation`.

import vm from "node:vm";

import type { SealOptions } from "iron-webcrypto-2";
import type { ErrorCode } from "ironkeep";

import { forge, nonCanonical, partOf, withPart } from "./_forge.ts";
import { BYTES, BYTES_16, HEX_TEXT, OTHER_BYTES, OTHER_TEXT, TEXT, UNICODE_TEXT } from "./_samples.ts";

/** What both packages offer. Arguments are unknown, since many rows pass what the types forbid. */
export interface Iron {
  seal(object: unknown, password: unknown, options: unknown): Promise<string>;
  unseal(sealed: unknown, password: unknown, options: unknown): Promise<unknown>;
}

export interface TextCase {
  name: string;
  run: (iron: Iron) => Promise<unknown>;
  message: string;
  code: ErrorCode;
}

export interface Deviation {
  name: string;
  run: (iron: Iron) => Promise<unknown>;
  /**
   * What the peer does: its message, `opens`, `an engine error` (the text belongs to the JavaScript
   * engine, and changes with its version), or `either` where that differs between versions of Node.
   */
  peer: { message: string } | "opens" | "an engine error" | "either";
  /** Ironkeep's message, or undefined where the caller should only look at the code. */
  message?: string;
  code: ErrorCode;
}

export const NOW = Date.UTC(2026, 4, 20, 10, 30, 0);

export const DEFAULTS: SealOptions = {
  encryption: { algorithm: "aes-256-cbc", saltBits: 256, iterations: 1, minPasswordlength: 32 },
  integrity: { algorithm: "sha256", saltBits: 256, iterations: 1, minPasswordlength: 32 },
  ttl: 0,
  timestampSkewSec: 60,
  localtimeOffsetMsec: 0,
};

type Half = Record<string, unknown>;

const encryption = (half: Half) => ({
  ...DEFAULTS,
  encryption: { ...DEFAULTS.encryption, ...half },
});
const integrity = (half: Half) => ({ ...DEFAULTS, integrity: { ...DEFAULTS.integrity, ...half } });

const SHORT = TEXT.slice(0, 31);
const TOKEN = forge({ password: TEXT });
const EXPIRED = forge({ password: TEXT, expiration: String(NOW - 61_000) });
const expiring = (expiration: string) => forge({ password: TEXT, expiration });

const sealWith = (object: unknown, password: unknown, options: unknown) => (iron: Iron) =>
  iron.seal(object, password, options);
const sealing = (password: unknown, options: unknown = DEFAULTS) => sealWith({}, password, options);
const serializing = (object: unknown) => sealWith(object, TEXT, DEFAULTS);
const unsealing =
  (sealed: unknown, password: unknown = TEXT, options: unknown = DEFAULTS) =>
  (iron: Iron) =>
    iron.unseal(sealed, password, options);

const row = (code: ErrorCode, message: string, rows: Record<string, (iron: Iron) => Promise<unknown>>): TextCase[] =>
  Object.entries(rows).map(([name, run]) => ({ name, run, message, code }));

const EMPTY_PASSWORDS: Record<string, unknown> = {
  undefined: undefined,
  null: null,
  "an empty text": "",
  "no bytes": new Uint8Array(0),
  "a number": 5,
  true: true,
  "an empty secret": { id: "a", secret: "" },
  "a secret of another type": { id: "a", secret: 5 },
  "a missing encryption half": { id: "a", integrity: TEXT },
  "a missing integrity half": { id: "a", encryption: TEXT },
};

const emptyPasswords = [
  ...row("ERR_KEY_WEAK", "Empty password", {
    ...Object.fromEntries(
      Object.entries(EMPTY_PASSWORDS).map(([name, password]) => [`seal with ${name}`, sealing(password)]),
    ),
    "seal with an empty object": sealing({}),
    "seal with a map": sealing({ default: TEXT, 1: OTHER_TEXT }),
    "unseal with null": unsealing(TOKEN, null),
    "unseal with an empty text": unsealing(TOKEN, ""),
    "unseal with no bytes": unsealing(TOKEN, new Uint8Array(0)),
    "unseal with a number": unsealing(TOKEN, 5),
    "unseal with an empty entry": unsealing(TOKEN, { default: {} }),
    "unseal with an entry of another type": unsealing(TOKEN, { default: 5 }),
    "unseal with an entry of no bytes": unsealing(TOKEN, { default: new Uint8Array(0) }),
    "unseal with an entry without integrity": unsealing(TOKEN, { default: { encryption: TEXT } }),
  }),
];

const passwordIds = row("ERR_KEY_WEAK", "Invalid password id", {
  "an id with a space": sealing({ id: "a b", secret: TEXT }),
  "an id with the separator": sealing({ id: "a*b", secret: TEXT }),
  "an id with a hyphen": sealing({ id: "a-b", secret: TEXT }),
  "an id with a letter that is no \\w": sealing({ id: "é", secret: TEXT }),
  "an id that ends in a line break": sealing({ id: "a\n", secret: TEXT }),
});

const fox = "\u{1f98a}";
const weakPasswords = [
  ...row("ERR_KEY_WEAK", "Password string too short (min 32 characters required)", {
    "seal with 31 characters": sealing(SHORT),
    "seal with 31 UTF-16 units of 61 bytes": sealing(`${fox.repeat(15)}x`),
    "seal with a short integrity half": sealing({ encryption: TEXT, integrity: SHORT }),
    "unseal with 31 characters": unsealing(TOKEN, SHORT),
    "unseal with a short entry": unsealing(TOKEN, { default: SHORT }),
    "unseal with a short encryption half": unsealing(TOKEN, {
      default: { encryption: SHORT, integrity: TEXT },
    }),
  }),
  ...row("ERR_KEY_WEAK", "Password string too short (min 33 characters required)", {
    "seal with a higher minimum": sealing(TEXT, encryption({ minPasswordlength: 33 })),
    "unseal with a higher minimum": unsealing(TOKEN, TEXT, integrity({ minPasswordlength: 33 })),
  }),
  ...row("ERR_KEY_WEAK", "Key buffer (password) too small", {
    "seal with 31 bytes": sealing(BYTES.slice(1)),
    "seal with 16 bytes of integrity": sealing({ encryption: BYTES, integrity: BYTES_16 }),
    "seal with 15 bytes for aes-128-ctr": sealing(
      { encryption: BYTES_16.slice(1), integrity: BYTES },
      encryption({ algorithm: "aes-128-ctr" }),
    ),
    "unseal with 31 bytes": unsealing(forge({ password: BYTES }), BYTES.slice(1)),
  }),
];

const badOptions = [
  ...row("ERR_SEAL_UNSUPPORTED", "Bad options", {
    "seal without encryption options": sealing(TEXT, { ...DEFAULTS, encryption: undefined }),
    "seal with null encryption options": sealing(TEXT, { ...DEFAULTS, encryption: null }),
    "seal with a text for encryption options": sealing(TEXT, { ...DEFAULTS, encryption: "x" }),
    "seal without integrity options": sealing(TEXT, { ...DEFAULTS, integrity: undefined }),
  }),
  ...row("ERR_SEAL_UNSUPPORTED", "Unknown algorithm: aes-512-ecb", {
    "seal with an unknown cipher": sealing(TEXT, encryption({ algorithm: "aes-512-ecb" })),
    "unseal with an unknown cipher": unsealing(TOKEN, TEXT, encryption({ algorithm: "aes-512-ecb" })),
  }),
  ...row("ERR_SEAL_UNSUPPORTED", "Unknown algorithm: md5", {
    "seal with an unknown hash": sealing(TEXT, integrity({ algorithm: "md5" })),
    "unseal with an unknown hash": unsealing(TOKEN, TEXT, integrity({ algorithm: "md5" })),
  }),
  ...row("ERR_SEAL_UNSUPPORTED", "Unknown algorithm: undefined", {
    "seal without a cipher": sealing(TEXT, encryption({ algorithm: undefined })),
    "unseal without integrity options": unsealing(TOKEN, TEXT, {
      ...DEFAULTS,
      integrity: undefined,
    }),
    "unseal without encryption options": unsealing(TOKEN, TEXT, {
      ...DEFAULTS,
      encryption: undefined,
    }),
  }),
  ...row("ERR_SEAL_UNSUPPORTED", "Missing salt and saltBits options", {
    "seal with 0 salt bits": sealing(TEXT, encryption({ saltBits: 0 })),
    "seal without salt bits": sealing(TEXT, integrity({ saltBits: undefined })),
  }),
];

class Point {
  x = 1;
}

const cyclic: Record<string, unknown> = {};
cyclic.self = cyclic;

const hidden = Object.defineProperty({}, "hidden", { value: 1, enumerable: false });
const throwing = Object.defineProperty({}, "a", {
  enumerable: true,
  get: () => {
    throw new Error("from a getter");
  },
});

const unserializable = row("ERR_CONFIG", "Data is not JSON serializable", {
  undefined: serializing(undefined),
  "a function": serializing(() => 1),
  "a symbol": serializing(Symbol("s")),
  "a Date": serializing({ at: new Date(0) }),
  NaN: serializing({ n: Number.NaN }),
  Infinity: serializing([Number.POSITIVE_INFINITY]),
  "a BigInt": serializing({ n: 1n }),
  "a cycle": serializing(cyclic),
  "a symbol key": serializing({ [Symbol("s")]: 1 }),
  "a Map": serializing(new Map()),
  "a Set": serializing({ set: new Set([1]) }),
  "a RegExp": serializing(/x/),
  bytes: serializing(new Uint8Array(2)),
  "a boxed text": serializing(new String("x")),
  "an instance of a class": serializing(new Point()),
  "an object of another realm": serializing(vm.runInNewContext("({ a: 1 })")),
  "a hidden property": serializing(hidden),
  "a getter that throws": serializing(throwing),
  "an own toJSON": serializing({ toJSON: () => 1 }),
  "a hole in an array": serializing(Array.from({ length: 2 })),
  "undefined in an array": serializing([undefined]),
  "deep inside": serializing({ a: [{ b: [{ c: new Date(0) }] }] }),
});

const malformed = [
  ...row("ERR_SEAL_INVALID", "Incorrect number of sealed components", {
    "an empty token": unsealing(""),
    "a word": unsealing("Fe26.2"),
    "seven parts": unsealing(TOKEN.split("*").slice(0, 7).join("*")),
    "nine parts": unsealing(`${TOKEN}*`),
    "iron-session's mark is part of the last": unsealing(`${TOKEN}*~2`),
  }),
  ...row("ERR_SEAL_INVALID", "Wrong mac prefix", {
    "another version": unsealing(withPart(TOKEN, "prefix", () => "Fe26.1")),
    "another case": unsealing(withPart(TOKEN, "prefix", () => "fe26.2")),
    "no prefix": unsealing(withPart(TOKEN, "prefix", () => "")),
    "eight empty parts": unsealing("*******"),
  }),
  ...row("ERR_SEAL_INVALID", "Invalid expiration", {
    "a word for the expiration": unsealing(expiring("never")),
    "0": unsealing(expiring("0")),
    "a leading zero": unsealing(expiring(`0${NOW + 1000}`)),
    "a minus": unsealing(expiring("-1")),
    "a plus": unsealing(expiring(`+${NOW + 1000}`)),
    "a fraction": unsealing(expiring(`${NOW + 1000}.5`)),
    "an exponent": unsealing(expiring("1e15")),
    "a space": unsealing(expiring(` ${NOW + 1000}`)),
    "digits of another script": unsealing(expiring("١٢٣")),
  }),
];

const at = (offset: number) => expiring(String(NOW + offset));

const expired = row("ERR_SEAL_EXPIRED", "Expired seal", {
  "61 s ago": unsealing(at(-61_000)),
  "60 s ago, the end of the skew": unsealing(at(-60_000)),
  "the first millisecond of 1970": unsealing(expiring("1")),
  "1 s ago, with a skew of 1 s": unsealing(at(-1000), TEXT, { ...DEFAULTS, timestampSkewSec: 1 }),
  "now, without skew": unsealing(at(0), TEXT, { ...DEFAULTS, timestampSkewSec: 0 }),
  "in an hour, read by a clock two hours ahead": unsealing(at(3_600_000), TEXT, {
    ...DEFAULTS,
    localtimeOffsetMsec: 7_200_000,
  }),
  "sealed with a ttl of -61 s": async (iron) =>
    iron.unseal(await iron.seal({}, TEXT, { ...DEFAULTS, ttl: -61_000 }), TEXT, DEFAULTS),
  "sealed by a clock two hours behind": async (iron) =>
    iron.unseal(await iron.seal({}, TEXT, { ...DEFAULTS, ttl: 1000, localtimeOffsetMsec: -7_200_000 }), TEXT, DEFAULTS),
});

const named = forge({ password: TEXT, id: "k7" });

const unknownIds = [
  ...row("ERR_KEY_UNKNOWN", "Cannot find password: default", {
    "no id, no default": unsealing(TOKEN, { k7: TEXT }),
    "no id, an empty map": unsealing(TOKEN, {}),
    "no id, an empty default": unsealing(TOKEN, { default: "" }),
    "no id, a null default": unsealing(TOKEN, { default: null }),
  }),
  ...row("ERR_KEY_UNKNOWN", "Cannot find password: k7", {
    "an id that the map lacks": unsealing(named, { default: TEXT, K7: TEXT }),
    "an id with an empty entry": unsealing(named, { k7: "" }),
  }),
];

const swap = (text: string) => (text.startsWith("A") ? "B" : "A") + text.slice(1);
const dated = expiring(String(NOW + 60_000));

const tampered = row("ERR_SEAL_INVALID", "Bad hmac value", {
  "another password": unsealing(TOKEN, OTHER_TEXT),
  "another entry of the map": unsealing(named, { k7: OTHER_TEXT }),
  "bytes for a text": unsealing(TOKEN, BYTES),
  "a text for bytes": unsealing(forge({ password: BYTES }), TEXT),
  "other iterations": unsealing(TOKEN, TEXT, integrity({ iterations: 2 })),
  "a generation 1 token under 8192 iterations": unsealing(TOKEN, TEXT, {
    ...DEFAULTS,
    encryption: { ...DEFAULTS.encryption, iterations: 8192 },
    integrity: { ...DEFAULTS.integrity, iterations: 8192 },
  }),
  "a generation 2 token under 1 iteration": unsealing(forge({ password: TEXT, iterations: 8192 })),
  "an id added": unsealing(withPart(TOKEN, "id", () => "k7")),
  "an id removed": unsealing(
    withPart(named, "id", () => ""),
    { default: TEXT },
  ),
  "an id changed": unsealing(
    withPart(named, "id", () => "k8"),
    { k7: TEXT, k8: TEXT },
  ),
  "the encryption salt changed": unsealing(withPart(TOKEN, "encryptionSalt", swap)),
  "the encryption salt removed": unsealing(withPart(TOKEN, "encryptionSalt", () => "")),
  "the iv changed": unsealing(withPart(TOKEN, "iv", swap)),
  "the iv removed": unsealing(withPart(TOKEN, "iv", () => "")),
  "the ciphertext changed": unsealing(withPart(TOKEN, "ciphertext", swap)),
  "the ciphertext shortened": unsealing(withPart(TOKEN, "ciphertext", (text) => text.slice(0, -4))),
  "the expiration added": unsealing(withPart(TOKEN, "expiration", () => String(NOW + 60_000))),
  "the expiration removed": unsealing(withPart(dated, "expiration", () => "")),
  "the expiration moved": unsealing(withPart(dated, "expiration", () => String(NOW + 99_000))),
  "the mac salt changed": unsealing(withPart(TOKEN, "macSalt", swap)),
  "the mac salt removed": unsealing(withPart(TOKEN, "macSalt", () => "")),
  "the mac changed": unsealing(withPart(TOKEN, "mac", swap)),
  "the mac removed": unsealing(withPart(TOKEN, "mac", () => "")),
  "the mac of another token": unsealing(withPart(TOKEN, "mac", () => partOf(EXPIRED, "mac"))),
});

const order = [
  ...row("ERR_KEY_WEAK", "Empty password", {
    "seal: an empty half before the id": sealing({ id: "a b", encryption: TEXT }),
    "seal: an empty password before the data": sealWith(undefined, "", DEFAULTS),
    "seal: an empty password before the options": sealing("", encryption({ algorithm: "x" })),
  }),
  ...row("ERR_KEY_WEAK", "Invalid password id", {
    "seal: the id before the data": sealWith(undefined, { id: "a b", secret: TEXT }, DEFAULTS),
    "seal: the id before the length": sealing({ id: "a b", secret: SHORT }),
  }),
  ...row("ERR_CONFIG", "Data is not JSON serializable", {
    "seal: the data before the length": sealWith(undefined, SHORT, DEFAULTS),
    "seal: the data before the options": sealWith(undefined, TEXT, encryption({ algorithm: "x" })),
  }),
  ...row("ERR_SEAL_UNSUPPORTED", "Unknown algorithm: x", {
    "seal: the algorithm before the length": sealing(SHORT, encryption({ algorithm: "x" })),
    "seal: encryption before integrity": sealing(TEXT, {
      ...encryption({ algorithm: "x" }),
      integrity: undefined,
    }),
    "unseal: the algorithm before the length": unsealing(TOKEN, SHORT, integrity({ algorithm: "x" })),
    "unseal: integrity before encryption": unsealing(TOKEN, TEXT, {
      ...integrity({ algorithm: "x" }),
      encryption: { ...DEFAULTS.encryption, algorithm: "y" },
    }),
  }),
  ...row("ERR_KEY_WEAK", "Password string too short (min 32 characters required)", {
    "seal: the length before the salt": sealing(SHORT, encryption({ saltBits: 0 })),
    "unseal: the length before the mac": unsealing(withPart(TOKEN, "mac", swap), SHORT),
  }),
  ...row("ERR_SEAL_INVALID", "Incorrect number of sealed components", {
    "unseal: the parts before the prefix": unsealing("Fe26.1*"),
    "unseal: the parts before the password": unsealing("Fe26.2*", ""),
  }),
  ...row("ERR_SEAL_INVALID", "Wrong mac prefix", {
    "unseal: the prefix before the expiration": unsealing(withPart(expiring("x"), "prefix", () => "Fe26.1")),
    "unseal: the prefix before the password": unsealing("x*******", ""),
  }),
  ...row("ERR_SEAL_INVALID", "Invalid expiration", {
    "unseal: the expiration before the password": unsealing(expiring("x"), ""),
    "unseal: the expiration before the id": unsealing(expiring("x"), {}),
  }),
  ...row("ERR_SEAL_EXPIRED", "Expired seal", {
    "unseal: the age before the password": unsealing(EXPIRED, ""),
    "unseal: the age before the id": unsealing(EXPIRED, {}),
    "unseal: the age before the options": unsealing(EXPIRED, TEXT, {
      ...DEFAULTS,
      integrity: undefined,
    }),
    "unseal: the age before the mac": unsealing(withPart(EXPIRED, "mac", swap)),
  }),
  ...row("ERR_KEY_UNKNOWN", "Cannot find password: k7", {
    "unseal: the id before the options": unsealing(named, {}, integrity({ algorithm: "x" })),
    "unseal: the id before the mac": unsealing(withPart(named, "mac", swap), {}),
  }),
  ...row("ERR_SEAL_INVALID", "Bad hmac value", {
    "unseal: the mac before the cipher": unsealing(withPart(TOKEN, "mac", swap), TEXT, encryption({ algorithm: "x" })),
    "unseal: the mac before the encryption half": unsealing(withPart(TOKEN, "mac", swap), {
      default: { encryption: SHORT, integrity: TEXT },
    }),
  }),
];

const throwingCodec = () => {
  throw new Error("from the codec");
};

/** Errors of the caller's own codec pass through as they are, so they carry no code of ours. */
export const CODEC_ERRORS: readonly Omit<TextCase, "code">[] = [
  {
    name: "encode throws",
    run: sealing(TEXT, { ...DEFAULTS, encode: throwingCodec }),
    message: "from the codec",
  },
  {
    name: "decode throws",
    run: unsealing(TOKEN, TEXT, { ...DEFAULTS, decode: throwingCodec }),
    message: "from the codec",
  },
  {
    name: "the id before encode",
    run: sealing({ id: "a b", secret: TEXT }, { ...DEFAULTS, encode: throwingCodec }),
    message: "Invalid password id",
  },
  {
    name: "encode before the length",
    run: sealing(SHORT, { ...DEFAULTS, encode: throwingCodec }),
    message: "from the codec",
  },
  {
    name: "the mac before decode",
    run: unsealing(TOKEN, OTHER_TEXT, { ...DEFAULTS, decode: throwingCodec }),
    message: "Bad hmac value",
  },
];

export const GROUPS: Readonly<Record<string, readonly TextCase[]>> = {
  "empty password": emptyPasswords,
  "password id": passwordIds,
  "weak password": weakPasswords,
  options: badOptions,
  "unserializable data": unserializable,
  "malformed token": malformed,
  "expired token": expired,
  "unknown id": unknownIds,
  "tampered token": tampered,
  "order of checks": order,
};

const codecRoundTrip = (plaintext: string, decode?: (text: string) => unknown) => async (iron: Iron) => {
  const sealed = await iron.seal({ ignored: true }, TEXT, {
    ...DEFAULTS,
    encode: () => plaintext,
  });
  return iron.unseal(sealed, TEXT, { ...DEFAULTS, ...(decode && { decode }) });
};

const roundTrip = (object: unknown) => async (iron: Iron) =>
  iron.unseal(await iron.seal(object, TEXT, DEFAULTS), TEXT, DEFAULTS);

const nullPrototype: Record<string, unknown> = Object.assign(Object.create(null), { a: 1 });
const shared = { x: 1 };

/** Calls that succeed, and come to the same value on both sides. */
export const SUCCESSES: Readonly<Record<string, (iron: Iron) => Promise<unknown>>> = {
  "59 s after the end": unsealing(at(-59_000)),
  "a millisecond before the end of the skew": unsealing(at(-59_999)),
  "sealed with a ttl of -59 s": async (iron) =>
    iron.unseal(await iron.seal({ a: 1 }, TEXT, { ...DEFAULTS, ttl: -59_000 }), TEXT, DEFAULTS),
  "an old token read by a clock as far behind": unsealing(at(-3_600_000), TEXT, {
    ...DEFAULTS,
    localtimeOffsetMsec: -3_600_000,
  }),
  "an expiration of thirty digits": unsealing(expiring("9".repeat(30))),
  "an expiration of three hundred digits": unsealing(expiring("9".repeat(300))),
  "the expiration is now + offset + ttl": async (iron) =>
    partOf(await iron.seal({}, TEXT, { ...DEFAULTS, ttl: 5000, localtimeOffsetMsec: -700 }), "expiration"),
  "no ttl, no expiration": async (iron) => partOf(await iron.seal({}, TEXT, DEFAULTS), "expiration"),
  "32 UTF-16 units": async (iron) =>
    iron.unseal(await iron.seal({}, fox.repeat(16), DEFAULTS), fox.repeat(16), DEFAULTS),
  "a lower minimum": async (iron) => {
    const options = {
      ...DEFAULTS,
      encryption: { ...DEFAULTS.encryption, minPasswordlength: 4 },
      integrity: { ...DEFAULTS.integrity, minPasswordlength: 4 },
    };
    return iron.unseal(await iron.seal({}, "short", options), "short", options);
  },
  "any id under a single password": unsealing(forge({ password: TEXT, id: "whatever" })),
  "a secret whose id is empty": async (iron) => partOf(await iron.seal({}, { id: "", secret: TEXT }, DEFAULTS), "id"),
  "bytes need no salt bits": async (iron) =>
    iron.unseal(await iron.seal([1], BYTES, encryption({ saltBits: 0 })), BYTES, DEFAULTS),
  "the sealing form as a map: h3's way to rotate": unsealing(forge({ password: OTHER_TEXT, id: "1" }), {
    id: "2",
    secret: TEXT,
    "2": TEXT,
    default: OTHER_TEXT,
    "1": OTHER_TEXT,
  }),
  "encode and decode": codecRoundTrip("<xml/>", (text) => ({ text })),
  "encode to what JSON.parse reads": codecRoundTrip('{"a":1}'),
  "encode to a lone surrogate": codecRoundTrip('"\ud800"'),
  "decode gets the exact text": unsealing(forge({ password: TEXT, plaintext: ' {"a" : 1.0} ' }), TEXT, {
    ...DEFAULTS,
    decode: (text: string) => text,
  }),
  "decode may return undefined": unsealing(TOKEN, TEXT, { ...DEFAULTS, decode: () => undefined }),
  "authentic bytes that are no UTF-8": unsealing(
    forge({ password: TEXT, plaintext: Uint8Array.of(0x22, 0xff, 0xc3, 0x22) }),
  ),
  "encode decides for a Date": async (iron) =>
    iron.unseal(await iron.seal(new Date(0), TEXT, { ...DEFAULTS, encode: JSON.stringify }), TEXT, DEFAULTS),
  "undefined in an object is dropped": roundTrip({ a: undefined, b: 1 }),
  "an object without prototype": roundTrip(nullPrototype),
  "an object met twice": roundTrip({ a: shared, b: [shared, shared] }),
  "negative zero": roundTrip([-0]),
  "an own __proto__ key": async (iron) => {
    const opened = await roundTrip(JSON.parse('{"__proto__":{"a":1}}'))(iron);
    return Object.entries(opened as object);
  },
  "lone surrogates in the data": roundTrip({ "\ud800": "\udc00" }),
  "200 KB": roundTrip({ filler: "é".repeat(100_000) }),
  "the least and the most salt bits": async (iron) => {
    const options = {
      ...DEFAULTS,
      encryption: { ...DEFAULTS.encryption, saltBits: 8 },
      integrity: { ...DEFAULTS.integrity, saltBits: 1024 },
    };
    const sealed = await iron.seal({ a: 1 }, TEXT, options);
    const lengths = [partOf(sealed, "encryptionSalt").length, partOf(sealed, "macSalt").length];
    return [lengths, await iron.unseal(sealed, TEXT, DEFAULTS)];
  },
  "three levels of everything": roundTrip([{ a: [null, true, "", 0, { b: [] }] }]),
};

const authentic = (written: NonNullable<Parameters<typeof forge>[0]["written"]>) =>
  unsealing(forge({ password: TEXT, written }));

const iv = Buffer.from(BYTES_16).toString("base64url");
const prototypeId = (id: string) => unsealing(forge({ password: TEXT, id }), { default: TEXT });

const INVALID = "ERR_SEAL_INVALID" as const;

/** Over 2^24 characters when it is sealed. */
const HUGE = "x".repeat(12_600_000);
const HUGE_TOKEN = forge({ password: TEXT, plaintext: JSON.stringify(HUGE) });

export const DEVIATIONS: Readonly<Record<string, readonly Deviation[]>> = {
  "a map is asked for its own properties only": ["toString", "constructor", "__proto__"].map((id) => ({
    name: `the id ${id}`,
    run: prototypeId(id),
    peer: { message: "Empty password" },
    message: `Cannot find password: ${id}`,
    code: "ERR_KEY_UNKNOWN",
  })),

  "base64url is canonical": [
    {
      name: "a mac of other spelling",
      run: unsealing(withPart(TOKEN, "mac", nonCanonical)),
      peer: "opens",
      message: "Bad hmac value",
      code: INVALID,
    },
    {
      name: "a mac with padding",
      run: unsealing(withPart(TOKEN, "mac", (mac) => `${mac}=`)),
      peer: "opens",
      message: "Bad hmac value",
      code: INVALID,
    },
    {
      name: "a mac with a space",
      run: unsealing(withPart(TOKEN, "mac", (mac) => `${mac.slice(0, 8)} ${mac.slice(8)}`)),
      peer: "opens",
      message: "Bad hmac value",
      code: INVALID,
    },
    {
      name: "a mac with an illegal character",
      run: unsealing(withPart(TOKEN, "mac", (mac) => `!${mac.slice(1)}`)),
      peer: "an engine error",
      message: "Bad hmac value",
      code: INVALID,
    },
    {
      name: "an authentic iv of other spelling",
      run: unsealing(forge({ password: TEXT, iv: BYTES_16, written: { iv: nonCanonical(iv) } })),
      peer: "opens",
      code: INVALID,
    },
    {
      name: "an authentic iv with padding",
      run: unsealing(forge({ password: TEXT, iv: BYTES_16, written: { iv: `${iv}==` } })),
      peer: "opens",
      code: INVALID,
    },
    {
      name: "an authentic iv in the other alphabet",
      run: unsealing(
        forge({
          password: TEXT,
          iv: new Uint8Array(16).fill(0xff),
          written: { iv: Buffer.alloc(16, 0xff).toString("base64").replace("==", "") },
        }),
      ),
      peer: "either",
      code: INVALID,
    },
    {
      name: "an authentic iv with an illegal character",
      run: authentic({ iv: `!${iv.slice(1)}` }),
      peer: "an engine error",
      code: INVALID,
    },
    {
      name: "an authentic ciphertext with an illegal character",
      run: authentic({ ciphertext: "####" }),
      peer: "an engine error",
      code: INVALID,
    },
    {
      name: "an authentic ciphertext of an impossible length",
      run: authentic({ ciphertext: "AAAAA" }),
      peer: "an engine error",
      code: INVALID,
    },
  ],

  "an authentic token that cannot be decrypted says so by its code": [
    {
      name: "no iv",
      run: authentic({ iv: "" }),
      peer: "an engine error",
      code: INVALID,
    },
    {
      name: "an iv of 12 bytes",
      run: authentic({ iv: iv.slice(0, 16) }),
      peer: "an engine error",
      code: INVALID,
    },
    {
      name: "no ciphertext",
      run: authentic({ ciphertext: "" }),
      peer: "an engine error",
      code: INVALID,
    },
    {
      name: "a ciphertext of half a block",
      run: authentic({ ciphertext: "AAAAAAAAAAA" }),
      peer: "an engine error",
      code: INVALID,
    },
    {
      // The key, the iv and the blocks are fixed: with random ones the padding is right by chance
      // once in 256 runs.
      name: "another encryption half",
      run: unsealing(forge({ password: { encryption: BYTES, integrity: BYTES }, iv: BYTES_16 }), {
        default: { encryption: OTHER_BYTES, integrity: BYTES },
      }),
      peer: "an engine error",
      code: INVALID,
    },
  ],

  "salts and tokens have a limit": [
    {
      name: "an authentic encryption salt of 257 characters",
      run: unsealing(forge({ password: TEXT, encryptionSalt: "a".repeat(257) })),
      peer: "opens",
      code: INVALID,
    },
    {
      name: "an authentic mac salt of 257 characters",
      run: unsealing(forge({ password: TEXT, macSalt: "a".repeat(257) })),
      peer: "opens",
      code: INVALID,
    },
    {
      name: "an authentic token over 16 MB",
      run: unsealing(HUGE_TOKEN),
      peer: "opens",
      code: INVALID,
    },
    {
      name: "sealing what would be over 16 MB",
      run: serializing(HUGE),
      peer: "opens",
      code: "ERR_COOKIE_TOO_LARGE",
    },
    {
      name: "salts of 1032 bits",
      run: sealing(TEXT, encryption({ saltBits: 1032 })),
      peer: "opens",
      code: "ERR_SEAL_UNSUPPORTED",
    },
  ],

  "wrong types are named, where the peer leaves it to the engine": [
    ...[undefined, null, 5, {}, BYTES].map((sealed): Deviation => ({
      name: `a token that is ${sealed === BYTES ? "bytes" : JSON.stringify(sealed)}`,
      run: unsealing(sealed),
      peer: "an engine error",
      code: INVALID,
    })),
    ...[undefined, null].flatMap((options): Deviation[] => [
      {
        name: `seal with ${options} options`,
        run: (iron) => iron.seal({}, TEXT, options),
        peer: "an engine error",
        message: "Bad options",
        code: "ERR_SEAL_UNSUPPORTED",
      },
      {
        name: `unseal with ${options} options`,
        run: (iron) => iron.unseal(TOKEN, TEXT, options),
        peer: "an engine error",
        message: "Bad options",
        code: "ERR_SEAL_UNSUPPORTED",
      },
    ]),
    {
      name: "an algorithm of the prototype",
      run: sealing(TEXT, encryption({ algorithm: "toString" })),
      peer: "an engine error",
      message: "Unknown algorithm: toString",
      code: "ERR_SEAL_UNSUPPORTED",
    },
    {
      name: "a hash for the cipher",
      run: sealing(TEXT, encryption({ algorithm: "sha256" })),
      peer: "an engine error",
      code: "ERR_SEAL_UNSUPPORTED",
    },
    {
      name: "a cipher for the hash",
      run: sealing(TEXT, integrity({ algorithm: "aes-256-cbc" })),
      peer: "an engine error",
      code: "ERR_SEAL_UNSUPPORTED",
    },
    {
      name: "0 iterations",
      run: sealing(TEXT, encryption({ iterations: 0 })),
      peer: "an engine error",
      code: "ERR_SEAL_UNSUPPORTED",
    },
    {
      name: "negative salt bits",
      run: sealing(TEXT, encryption({ saltBits: -8 })),
      peer: "an engine error",
      code: "ERR_SEAL_UNSUPPORTED",
    },
    {
      name: "33 bytes for aes-256-cbc",
      run: sealing({ encryption: Uint8Array.of(...BYTES, 1), integrity: BYTES }),
      peer: "an engine error",
      code: "ERR_KEY_WEAK",
    },
  ],
};

/** Secrets that a row passes: none of them may show in any error. */
export const SECRETS = [TEXT, OTHER_TEXT, HEX_TEXT, UNICODE_TEXT, SHORT];
