// Values of every kind that no argument is meant to be, by name. Each is made anew, since a call may change it.

function refuse(what) {
  return () => {
    throw new Error(`${what} refused`);
  };
}

const TRAPS = [
  "apply",
  "construct",
  "defineProperty",
  "deleteProperty",
  "get",
  "getOwnPropertyDescriptor",
  "getPrototypeOf",
  "has",
  "isExtensible",
  "ownKeys",
  "preventExtensions",
  "set",
  "setPrototypeOf",
];

export function trappedProxy(target) {
  return new Proxy(target, Object.fromEntries(TRAPS.map((trap) => [trap, refuse(trap)])));
}

/** Names that any part of the package reads. */
const READ_NAMES = [
  "password, maxAge, idleTimeout, name, cookie, sessionHeader, seal, crypto, generateId, legacySealFallback, lazy",
  "generation, salts, encryption, integrity, ttl, timestampSkewSec, localtimeOffsetMsec, encode, decode, algorithm",
  "saltBits, iterations, minPasswordlength, minPasswordLength, secret, id, form, passwords, map, sessionRules, skew",
  "offset, alsoOpens, epochSalts, maxTokenLength, purpose, audience, req, res, node, request, headers, context, then",
  "length, toString, valueOf, toJSON, constructor, randomUUID, path, domain, secure, expires, chunkMaxLength",
]
  .join(", ")
  .split(", ");

export function throwingGetters() {
  const object = {};
  for (const name of READ_NAMES) {
    Object.defineProperty(object, name, { get: refuse(name), enumerable: true, configurable: true });
  }
  return object;
}

function revoked(target) {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}

/** Handled here: who ignores a promise of the app's is not to blame for it, who makes another of it is. */
function rejected() {
  const promise = Promise.reject(new Error("promise refused"));
  promise.catch(() => {});
  return promise;
}

function detached() {
  const bytes = new Uint8Array(32).fill(7);
  structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
  return bytes;
}

function resizable(shrunkTo) {
  const buffer = new ArrayBuffer(32, { maxByteLength: 64 });
  const bytes = new Uint8Array(buffer, 0, 32).fill(7);
  if (shrunkTo !== undefined) buffer.resize(shrunkTo);
  return bytes;
}

class LyingBytes extends Uint8Array {
  get length() {
    return 2 ** 40;
  }
  get byteLength() {
    return 2 ** 40;
  }
}

function cyclic() {
  const object = { list: [] };
  object.list.push(object);
  return object;
}

function deep() {
  let object = {};
  for (let depth = 0; depth < 20_000; depth++) object = { encryption: object };
  return object;
}

export const KEYS_AS_BYTES = {
  "32 bytes": () => new Uint8Array(32).fill(7),
  "no bytes": () => new Uint8Array(0),
  "detached bytes": detached,
  "shared bytes": () => new Uint8Array(new SharedArrayBuffer(32)).fill(7),
  "growable shared bytes": () => new Uint8Array(new SharedArrayBuffer(32, { maxByteLength: 64 })),
  "resizable bytes": () => resizable(),
  "bytes shrunk to nothing": () => resizable(0),
  "bytes out of bounds": () => resizable(31),
  "bytes of WebAssembly memory": () => new Uint8Array(new WebAssembly.Memory({ initial: 1 }).buffer, 8, 32),
  "bytes that lie about their length": () => new LyingBytes(32),
  "a Buffer": () => Buffer.alloc(32, 7),
  "16-bit numbers": () => new Uint16Array(16).fill(7),
  "floating-point numbers": () => new Float64Array(4),
  "a DataView": () => new DataView(new ArrayBuffer(32)),
  "an ArrayBuffer": () => new ArrayBuffer(32),
};

/** Numbers that are a request for as much work, where they are taken for a number of iterations. */
export const HUGE = {
  "2^32": () => 2 ** 32,
  "2^53": () => 2 ** 53,
  "1e308": () => 1e308,
  Infinity: () => Number.POSITIVE_INFINITY,
};

export const VALUES = {
  undefined: () => undefined,
  null: () => null,
  true: () => true,
  zero: () => 0,
  "minus one": () => -1,
  fraction: () => 0.5,
  ...HUGE,
  NaN: () => Number.NaN,
  "-Infinity": () => Number.NEGATIVE_INFINITY,
  bigint: () => 10n ** 40n,
  symbol: () => Symbol("hostile"),
  "a well-known symbol": () => Symbol.iterator,
  "an empty text": () => "",
  "a text": () => "some text that is long enough for a password",
  "a high surrogate": () => "\ud800",
  "a low surrogate in a long text": () => `${"x".repeat(40)}\udc00${"y".repeat(40)}`,
  "a text of NULs": () => "\0".repeat(40),
  "line breaks": () => "x\r\nset-cookie: a=b",
  __proto__text: () => "__proto__",
  "a function": () => function hostile() {},
  "a function that throws": () => refuse("function"),
  "a function whose promise rejects": () => () => rejected(),
  "a class": () => Map,
  "an empty array": () => [],
  "nested arrays": () => [[[]], [undefined]],
  "an array of symbols": () => [Symbol("hostile")],
  "an array that throws": () => Object.defineProperty([0], "0", { get: refuse("element") }),
  "a sparse array": () => Object.assign([], { length: 1000 }),
  "an empty object": () => ({}),
  "an object without a prototype": () => Object.create(null),
  "an object with an own __proto__": () => JSON.parse('{"__proto__":{"secret":"polluted"},"secret":1}'),
  "getters that throw": throwingGetters,
  "a proxy that throws": () => trappedProxy({}),
  "a proxy of an array that throws": () => trappedProxy([]),
  "a proxy of a function that throws": () => trappedProxy(() => {}),
  "a revoked proxy": () => revoked({}),
  "a revoked proxy of an array": () => revoked([]),
  "Symbol.toPrimitive that throws": () => ({ [Symbol.toPrimitive]: refuse("toPrimitive") }),
  "Symbol.toPrimitive that gives an object": () => ({ [Symbol.toPrimitive]: () => ({}) }),
  "toString that throws": () => ({ toString: refuse("toString"), valueOf: refuse("valueOf") }),
  "toJSON that throws": () => ({ toJSON: refuse("toJSON") }),
  // oxlint-disable-next-line unicorn/no-thenable -- the misuse itself
  "a thenable that throws": () => Object.defineProperty({}, "then", { value: refuse("then") }),
  "an iterator that throws": () => ({ [Symbol.iterator]: refuse("iterator") }),
  "a frozen object": () => Object.freeze({ id: "1", secret: 5 }),
  "a cycle": cyclic,
  "deep nesting": deep,
  "a Promise that rejects": rejected,
  "a Date": () => new Date(Number.NaN),
  "a Map": () => new Map([[1, 2]]),
  "a Promise": () => Promise.resolve(1),
  "a boxed text": () => Object("boxed"),
  "a boxed number": () => Object(5),
  "an Error": () => new Error("given"),
  "a WeakMap": () => new WeakMap(),
  globalThis: () => globalThis,
  ...KEYS_AS_BYTES,
};
