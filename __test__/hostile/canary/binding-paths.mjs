// Every way that a call of the addon itself can fail, with canaries for all that is secret in it.

import { createRequire } from "node:module";

import { EXTRAS, halves, passwordForm, withCalls } from "../sealer-options.mjs";
import { written } from "../store-calls.mjs";
import { CANARIES } from "./spellings.mjs";

const { RateLimiter, RemoteRateLimiter, Ring, Sealer, Store } = createRequire(import.meta.url)("../../../index.cjs");
const { password, previous, integrity, key, data } = CANARIES;
const bytes = Buffer.from(key);

const OPTIONS = { ...halves(1), ...EXTRAS };
const WHOLE = { ...OPTIONS, password: passwordForm(password) };

/** With the password among the options, as the paths below vary both. */
const newSealer = (options) => withCalls(new Sealer(options?.password, options));

const FORMS = {
  three: {
    form: "positional",
    passwords: [password, previous, integrity].map((each) => ({ encryption: each, integrity: each })),
  },
  "a text": { form: "positional", passwords: [password] },
  "a text for a map": { form: "map", map: password, sessionRules: true },
  "a map of texts": { form: "map", map: [{ id: "a", password }], sessionRules: true },
  "a map without integers": {
    form: "map",
    map: [{ id: "a", password: { encryption: password, integrity: password } }],
    sessionRules: true,
  },
  "a list of characters": {
    form: "positional",
    passwords: [{ encryption: [...password], integrity: [...password] }],
  },
  "an object": { form: "positional", passwords: [{ encryption: { password }, integrity: password }] },
};

/** A secret where something of another type belongs. */
const WRONG_TYPES = {
  "a text": password,
  "an object": { password, toJSON: () => password, toString: () => password },
  "a list": [password, data],
  "a function": Object.defineProperty(() => password, "name", { value: password }),
  "a symbol": Symbol(password),
  "a big integer": BigInt(`0x${Buffer.from(password).toString("hex")}`),
  "a boxed text": Object(password),
  bytes,
  "16-bit numbers": Uint16Array.from(password, (character) => character.codePointAt(0)),
  "an array that is too long": Object.assign([password], { length: 2 ** 32 - 1 }),
};

function* wrongTypes(sealer, token) {
  for (const [what, value] of Object.entries(WRONG_TYPES)) {
    yield [`new Sealer, ${what}`, () => newSealer(value)];
    yield* wrongRings(what, value);
    yield* wrongStores(what, value);
    yield* wrongLimiters(what, value);
    for (const name of Object.keys(WHOLE)) {
      yield [`new Sealer, ${name}: ${what}`, () => newSealer({ ...WHOLE, [name]: value })];
    }
    for (const name of Object.keys(WHOLE.encryption)) {
      const changed = { ...WHOLE.encryption, [name]: value };
      yield [`new Sealer, encryption.${name}: ${what}`, () => newSealer({ ...WHOLE, encryption: changed })];
    }
    const forms = [
      { form: value },
      { form: "positional", passwords: value },
      { form: "positional", passwords: [value] },
      { form: "positional", passwords: [{ id: value, encryption: password, integrity: password }] },
      { form: "positional", passwords: [{ encryption: value, integrity: value }] },
      { form: "sealing", password: value, map: value },
      { form: "map", map: value, sessionRules: value },
      { form: "map", map: [{ id: value, password: value }], sessionRules: value },
    ];
    for (const form of forms) {
      yield [
        `new Sealer, ${JSON.stringify(Object.keys(form))}: ${what}`,
        () => newSealer({ ...WHOLE, password: form }),
      ];
    }
    for (const name of ["trySeal", "tryUnseal", "sealSync", "unsealSync", "deriveForUnseal"]) {
      yield [`${name}(${what}, now)`, () => sealer[name](value, Date.now())];
      yield [`${name}(text, ${what})`, () => sealer[name](token, value)];
      yield [`${name} on ${what}`, () => (Sealer.prototype[name] ?? sealer[name]).call(value, token, Date.now())];
    }
    yield [`deriveForSeal(${what})`, () => sealer.deriveForSeal(value)];
    const { get } = Object.getOwnPropertyDescriptor(Sealer.prototype, "guessable");
    yield [`guessable on ${what}`, () => get.call(value)];
    yield [`Sealer called on ${what}`, () => Sealer.call(value, value)];
  }
}

function* wrongRings(what, value) {
  const ring = new Ring([{ id: "a", secret: password, sealFrom: 0 }]);
  const lists = [
    value,
    [value],
    [{ id: value, secret: password, sealFrom: 0 }],
    [{ id: "a", secret: value, sealFrom: 0 }],
    [{ id: "a", secret: password, sealFrom: value }],
    [
      { id: "a", secret: password, sealFrom: 0 },
      { id: "b", secret: password, sealFrom: 0 },
    ],
    [{ id: password, secret: previous, sealFrom: 0 }],
  ];
  for (const [index, list] of lists.entries()) {
    yield [`new Ring ${index}, ${what}`, () => new Ring(list)];
    yield [`replace ${index}, ${what}`, () => ring.replace(list)];
  }
  yield [`createSealer, ${what}`, () => ring.createSealer(value)];
  yield [`info(${what})`, () => ring.info(value)];
  for (const name of ["replace", "info", "createSealer", "close"]) {
    yield [`${name} on ${what}`, () => Ring.prototype[name].call(value, value)];
  }
}

const STORE_OPTIONS = {
  driver: "memory",
  maxData: 1024,
  maxBytes: 2 ** 20,
  maxEntries: 10,
  whenFull: "refuse",
  now: 1,
};
const STORE_KEY = Buffer.alloc(34).toString("base64url");
const NEW_RECORD = [data, Buffer.alloc(16).toString("base64url"), password, 0, 0, 1000, 500, data, 3, 1000, undefined];

/** The errors that calls of a store came to: they are in its answers, after the text. */
function errorsOf(store, call) {
  const [error] = store.submit(...written(...call), () => store.take()).slice(1);
  if (error instanceof Error) throw error;
}

const LIMIT = { name: "a", quota: "10/1s" };
const LIMITER_OPTIONS = { limits: [LIMIT], maxKeys: 100, maxBytes: 9600, shared: undefined };
const LIMITER_STORE = { url: "redis://127.0.0.1:1", prefix: "test:", deadline: 1000 };
const REMOTE_OPTIONS = { ...LIMITER_OPTIONS, store: LIMITER_STORE, onStoreError: "open", leaseSize: 10 };

function* wrongLimiters(what, value) {
  const limiter = withCalls(new RateLimiter(LIMITER_OPTIONS));
  const remote = withCalls(new RemoteRateLimiter(REMOTE_OPTIONS));
  yield [`new RateLimiter, ${what}`, () => new RateLimiter(value)];
  yield [`new RemoteRateLimiter, ${what}`, () => new RemoteRateLimiter(value)];
  for (const name of Object.keys(LIMITER_OPTIONS)) {
    yield [`new RateLimiter, ${name}: ${what}`, () => new RateLimiter({ ...LIMITER_OPTIONS, [name]: value })];
  }
  for (const name of Object.keys(REMOTE_OPTIONS)) {
    yield [
      `new RemoteRateLimiter, ${name}: ${what}`,
      () => new RemoteRateLimiter({ ...REMOTE_OPTIONS, [name]: value }),
    ];
  }
  for (const name of ["url", "cluster", "sentinel", "username", "password", "database", "prefix", "deadline"]) {
    const store = { ...LIMITER_STORE, [name]: value };
    yield [`new RemoteRateLimiter, store.${name}: ${what}`, () => new RemoteRateLimiter({ ...REMOTE_OPTIONS, store })];
  }
  for (const name of ["name", "quota", "limit", "window", "burst"]) {
    const limits = [{ ...LIMIT, [name]: value }];
    yield [`new RateLimiter, limits[0].${name}: ${what}`, () => new RateLimiter({ ...LIMITER_OPTIONS, limits })];
  }
  const one = [0, "key", 1, 1];
  for (const at of one.keys()) {
    yield [`consume ${at}: ${what}`, () => limiter.consume(...one.with(at, value))];
    yield [`tryConsume ${at}: ${what}`, () => remote.tryConsume(...one.with(at, value))];
    yield [`penalize ${at}: ${what}`, () => limiter.penalize(...[0, "key", "1m", 1].with(at, value))];
    yield [`consumeAll ${at}: ${what}`, () => limiter.consumeAll(...[[0], ["key"], [1], 1].with(at, value))];
  }
  yield [`consumeAll, in a list: ${what}`, () => limiter.consumeAll([value], [value], [value], 1)];
  yield [`refund: ${what}`, () => limiter.refund(value, 1)];
  yield [`submit to a limiter: ${what}`, () => remote.submit(value, value, value)];
  yield [`submit to a limiter, numbers: ${what}`, () => remote.submit(Float64Array.of(2, 1), value, () => {})];
  const call = [3, 0, 1, 1000, 0, 2, 0, "key"];
  for (const at of [...call.keys()].slice(0, 6)) {
    const values = written(...call.with(at, value));
    yield [`submit to a limiter, ${at}: ${what}`, () => remote.submit(...values, () => remote.take())];
  }
  yield [`reset of a limiter, ${what}`, () => errorsOf(remote, [3, 0, 1, 1000, 0, 2, value, value])];
  yield [`a penalty of a limiter, ${what}`, () => errorsOf(remote, [4, 0, 1, 1000, 0, 4, 0, "key", undefined, value])];
  yield [`receipts, ${what}`, () => errorsOf(remote, [2, 0, 1, 1000, 0, 1, value])];
}

function* wrongStores(what, value) {
  const store = withCalls(new Store(STORE_OPTIONS));
  yield [`new Store, ${what}`, () => new Store(value)];
  for (const name of Object.keys(STORE_OPTIONS)) {
    yield [`new Store, ${name}: ${what}`, () => new Store({ ...STORE_OPTIONS, [name]: value })];
  }
  yield [
    `new Store, path: ${what}`,
    () => new Store({ driver: "sqlite", path: value, synchronous: value, maxData: 1 }),
  ];
  yield [`submit(${what})`, () => store.submit(value, value, value)];
  yield [`submit(numbers, ${what})`, () => store.submit(Float64Array.of(2, 1), value, () => {})];
  yield [`submit(numbers, [${what}])`, () => store.submit(Float64Array.of(2, 1), [value], () => {})];
  yield [`cancel(${what})`, () => store.cancel(value)];
  const head = [0, 0, 1, 1000, 0];
  for (const at of head.keys()) {
    yield [`submit, head ${at}: ${what}`, () => errorsOf(store, [...head.with(at, value), STORE_KEY, ...NEW_RECORD])];
  }
  for (const at of NEW_RECORD.keys()) {
    const call = [...head, STORE_KEY, ...NEW_RECORD.with(at, value)];
    yield [`submit, record ${at}: ${what}`, () => errorsOf(store, call)];
  }
  yield [`submit, key: ${what}`, () => errorsOf(store, [1, 0, 1, 1000, 0, value])];
  // A tag that is not the user's, and data over the limit.
  yield ["submit, a record", () => errorsOf(store, [...head, STORE_KEY, ...NEW_RECORD])];
  const long = NEW_RECORD.with(0, data.repeat(1000));
  yield ["submit, long data", () => errorsOf(store, [...head, STORE_KEY, ...long])];
}

export function* bindingPaths(good, tampered) {
  for (const [what, form] of Object.entries(FORMS)) {
    yield [`new Sealer, ${what}`, () => newSealer({ ...OPTIONS, password: form }).sealSync(data, 1)];
  }
  const sealer = newSealer(WHOLE);
  yield* wrongTypes(sealer, good);
  for (const [what, token] of Object.entries(tampered)) {
    for (const name of ["tryUnseal", "unsealSync", "deriveForUnseal"]) {
      yield [`${name}, ${what}`, () => sealer[name](token, Date.now())];
    }
  }
}
