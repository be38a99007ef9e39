import * as binding from "../../../index.cjs";

import { EXTRAS, halves, passwordForm, withCalls } from "../sealer-options.mjs";
import { written } from "../store-calls.mjs";
import { attempt, report } from "./table.mjs";
import { HUGE, VALUES } from "./values.mjs";

const { Ring, Sealer, Store } = binding;
const PASSWORD = "mY4&tG8z*Qw2kV6r%Nf9xP3c!Sb7hD5j";

const OPTIONS = { password: passwordForm(PASSWORD), ...halves(1), ...EXTRAS };
const NOW = Date.now();
/** With the password among the options, as the cases below vary both. */
const newSealer = (options) => withCalls(new Sealer(options?.password, options));
const sealer = newSealer(OPTIONS);
const token = sealer.trySeal('{"a":1}', NOW);

/** Whether napi made an error, and not the addon: such a one may quote the argument. What a getter throws has no code. */
function isOfNapi(error) {
  return error?.code !== undefined && !String(error.code).startsWith("ERR_");
}

/** Makes a call whose errors have to be the addon's own. */
function attemptOurs(name, call) {
  return attempt(name, async () => {
    try {
      return await call();
    } catch (error) {
      // What is no error is a fault to the judge.
      return Promise.reject(isOfNapi(error) ? `${error.code}: ${error.message}` : error);
    }
  });
}

/** Uses a sealer in every way, as far as its options allow. */
async function useAll(options) {
  const made = newSealer(options);
  const failures = [];
  const steps = [
    () => made.guessable,
    () => made.checkSealing(),
    () => made.trySeal("{}", NOW),
    () => made.tryUnseal(token, NOW),
    () => made.deriveForSeal(NOW),
    () => made.deriveForUnseal(token, NOW),
    () => made.sealSync("{}", NOW),
    () => made.unsealSync(token, NOW),
  ];
  for (const step of steps) {
    try {
      await step();
    } catch (error) {
      failures.push(error);
    }
  }
  const odd = failures.find((error) => !(error instanceof Error && error.message) || isOfNapi(error));
  if (odd !== undefined) throw odd;
  return failures.length;
}

const PASSWORD_FORMS = {
  "password.form": (value) => ({ form: value }),
  positional: (value) => ({ form: "positional", passwords: value }),
  "positional[0]": (value) => ({ form: "positional", passwords: [value] }),
  "positional[0].id": (value) => ({
    form: "positional",
    passwords: [{ id: value, encryption: PASSWORD, integrity: PASSWORD }],
  }),
  "positional[0].encryption": (value) => ({
    form: "positional",
    passwords: [{ encryption: value, integrity: PASSWORD }],
  }),
  "positional[0].integrity": (value) => ({
    form: "positional",
    passwords: [{ encryption: PASSWORD, integrity: value }],
  }),
  "sealing.password": (value) => ({ form: "sealing", password: value, map: [] }),
  "sealing.map": (value) => ({ form: "sealing", password: { encryption: PASSWORD, integrity: PASSWORD }, map: value }),
  "map.map": (value) => ({ form: "map", map: value, sessionRules: true }),
  "map.map[0]": (value) => ({ form: "map", map: [value], sessionRules: true }),
  "map.map[0].id": (value) => ({
    form: "map",
    map: [{ id: value, password: { encryption: PASSWORD, integrity: PASSWORD } }],
    sessionRules: true,
  }),
  "map.map[0].password": (value) => ({ form: "map", map: [{ id: "1", password: value }], sessionRules: false }),
  "map.sessionRules": (value) => ({ form: "map", map: [], sessionRules: value }),
};

const METHODS = ["trySeal", "tryUnseal", "sealSync", "unsealSync", "deriveForUnseal", "csrfToken", "verifyCsrfToken"];
const PROPERTIES = ["guessable", "checkSealing", "calls", "deriveForSeal", ...METHODS];

function borrowed(name) {
  const owner = Object.hasOwn(sealer, name) ? sealer : Sealer.prototype;
  const { get, value } = Object.getOwnPropertyDescriptor(owner, name);
  return get ?? value;
}

for (const [value, make] of Object.entries(VALUES)) {
  await attemptOurs(`new Sealer(${value})`, () => new Sealer(make(), OPTIONS));
  await attemptOurs(`new Sealer(password, ${value})`, () => new Sealer(OPTIONS.password, make()));
  for (const key of Object.keys(OPTIONS)) {
    await attemptOurs(`new Sealer(${key}: ${value})`, () => useAll({ ...OPTIONS, [key]: make() }));
  }
  for (const [form, password] of Object.entries(PASSWORD_FORMS)) {
    await attemptOurs(`new Sealer(${form}: ${value})`, () => useAll({ ...OPTIONS, password: password(make()) }));
  }
  for (const key of Object.keys(OPTIONS.encryption)) {
    // These have a table of their own, `iterations`: a call that takes one at its word never ends.
    if (key === "iterations" && value in HUGE) continue;
    for (const side of ["encryption", "integrity"]) {
      const changed = { ...OPTIONS[side], [key]: make() };
      await attemptOurs(`new Sealer(${side}.${key}: ${value})`, () => useAll({ ...OPTIONS, [side]: changed }));
    }
  }
  for (const name of METHODS) {
    await attemptOurs(`${name}(${value}, now)`, () => sealer[name](make(), NOW));
    await attemptOurs(`${name}(text, ${value})`, () => sealer[name](token, make()));
  }
  await attemptOurs(`deriveForSeal(${value})`, () => sealer.deriveForSeal(make()));
  for (const name of PROPERTIES) {
    await attempt(`${name} on ${value}`, () => borrowed(name).call(make(), token, NOW));
  }
  await attemptOurs(`errorCodes(${value})`, () => binding.errorCodes.call(make(), make()));
  await attemptOurs(`nativeVersion(${value})`, () => binding.nativeVersion.call(make(), make()));
  await attemptOurs(`randomKey(${value})`, () => binding.randomKey.call(make(), make()));
}

const KEY = { id: "a", secret: PASSWORD, sealFrom: 0 };
const RINGS = {
  keys: (value) => value,
  "keys[0]": (value) => [value],
  "keys[0].id": (value) => [{ ...KEY, id: value }],
  "keys[0].secret": (value) => [{ ...KEY, secret: value }],
  "keys[0].sealFrom": (value) => [{ ...KEY, sealFrom: value }],
};
const ring = new Ring([KEY]);
for (const [value, make] of Object.entries(VALUES)) {
  for (const [where, keys] of Object.entries(RINGS)) {
    await attemptOurs(`new Ring(${where}: ${value})`, () => new Ring(keys(make())).info(NOW));
    await attemptOurs(`replace(${where}: ${value})`, () => ring.replace(keys(make())));
  }
  await attemptOurs(`info(${value})`, () => ring.info(make()));
  await attemptOurs(`createSealer(${value})`, () => ring.createSealer(make()));
  for (const key of ["format", "acceptIronUntil", "compress", "ttl"]) {
    const changed = () => ring.createSealer({ ...OPTIONS, format: "ik1", [key]: make() });
    await attemptOurs(`createSealer(${key}: ${value})`, () => withCalls(changed()).trySeal("{}", NOW));
  }
  for (const name of ["replace", "info", "createSealer", "close"]) {
    await attempt(`${name} on ${value}`, () => Ring.prototype[name].call(make(), [KEY]));
  }
}

const STORE_OPTIONS = {
  memory: { driver: "memory", maxData: 1024, maxBytes: 2 ** 20, maxEntries: 100, whenFull: "evict", now: NOW },
  // A folder that is not there: nothing is made.
  sqlite: { driver: "sqlite", path: "/nowhere/at/all/sessions.db", synchronous: "normal", maxData: 1024 },
  // A port where nobody is.
  redis: {
    driver: "redis",
    url: "redis://127.0.0.1:1",
    username: "app",
    password: PASSWORD,
    database: 0,
    prefix: "misuse:",
    deadline: 1000,
    wait: { replicas: 1, timeout: 500 },
    resilience: { retries: 1, slow: 500, openFor: 1 },
    publish: false,
    maxData: 1024,
  },
};
const { url: _, ...REDIS } = STORE_OPTIONS.redis;
/** What is within options, and options whose types allow no other beside them. */
const REDIS_OPTIONS = {
  "wait.replicas": (value) => ({ ...STORE_OPTIONS.redis, wait: { replicas: value, timeout: 1 } }),
  "wait.timeout": (value) => ({ ...STORE_OPTIONS.redis, wait: { replicas: 1, timeout: value } }),
  "resilience.retries": (value) => ({ ...STORE_OPTIONS.redis, resilience: { retries: value, slow: 1, openFor: 1 } }),
  "resilience.slow": (value) => ({ ...STORE_OPTIONS.redis, resilience: { retries: 1, slow: value, openFor: 1 } }),
  "resilience.openFor": (value) => ({ ...STORE_OPTIONS.redis, resilience: { retries: 1, slow: 1, openFor: value } }),
  cluster: (value) => ({ ...REDIS, cluster: value }),
  "cluster[0]": (value) => ({ ...REDIS, cluster: [value] }),
  sentinel: (value) => ({ ...REDIS, sentinel: value }),
  "sentinel.nodes": (value) => ({ ...REDIS, sentinel: { nodes: value, name: "main" } }),
  "sentinel.name": (value) => ({ ...REDIS, sentinel: { nodes: ["redis://127.0.0.1:1"], name: value } }),
  "sentinel.username": (value) => ({ ...REDIS, sentinel: { nodes: [], name: "main", username: value } }),
  "sentinel.password": (value) => ({ ...REDIS, sentinel: { nodes: [], name: "main", password: value } }),
};
for (const [value, make] of Object.entries(VALUES)) {
  for (const [where, options] of Object.entries(REDIS_OPTIONS)) {
    await attemptOurs(`new Store(redis, ${where}: ${value})`, () => new Store(options(make())));
  }
}
const STORE_KEY = Buffer.alloc(34).toString("base64url");
const WRITE_TOKEN = Buffer.alloc(16).toString("base64url");
const HASH = Buffer.alloc(32).toString("base64url");
const NEW_RECORD = ["{}", WRITE_TOKEN, undefined, 0, 0, 1000, 500, "label", 3, 1000, undefined];
/** The values of each operation, by its number. */
const OPERATIONS = [
  [STORE_KEY, ...NEW_RECORD],
  [STORE_KEY],
  [STORE_KEY, 1, "{}", WRITE_TOKEN, 1000, 500, "label"],
  [STORE_KEY],
  [STORE_KEY, 1000],
  [STORE_KEY, 1, STORE_KEY, 1000, ...NEW_RECORD],
  ["ann"],
  ["ann"],
  ["ann", STORE_KEY, 1000, 1000],
  [HASH, "AAA", 1000],
  [HASH, 1000],
  [10],
  [`${STORE_KEY},${STORE_KEY}`],
  [STORE_KEY, 1000],
];
const callOf = (operation, values) => [operation, 0, NOW, 1000, 0, ...values];
/** Numbers that no call has where they stand, among them lengths of texts that are not there. */
const NUMBERS = [Number.NaN, -Infinity, Infinity, -1, -0, 0.5, 1, 65_536, 2 ** 31, 2 ** 32, 2 ** 53, Number.MAX_VALUE];
/** What is no array of numbers any more, or is written by others. */
const ARRAYS = {
  "a transferred one": () => {
    const [numbers] = written(...callOf(1, [STORE_KEY]));
    structuredClone(numbers, { transfer: [numbers.buffer] });
    return numbers;
  },
  "a shrunk one": () => {
    const buffer = new ArrayBuffer(64, { maxByteLength: 128 });
    const numbers = new Float64Array(buffer, 8);
    numbers.set([7, 1, 0, NOW, 1000, 0]);
    // Node 20 has it, and its types have not.
    buffer.resize?.(16);
    return numbers;
  },
  "a shared one": () => new Float64Array(new SharedArrayBuffer(64)).fill(7),
  "one of a subclass": () => new (class extends Float64Array {})([2, 15]),
  "a proxy of one": () => new Proxy(new Float64Array(8), {}),
  "one of other numbers": () => new Float32Array(64).fill(7),
  "big ones": () => new BigInt64Array(64).fill(7n),
  "a view": () => new DataView(new ArrayBuffer(64)),
  "an empty one": () => new Float64Array(0),
};
const replaced = (list, at, value) => list.with(at, value);
const wake = () => {};
for (const options of Object.values(STORE_OPTIONS)) {
  const store = withCalls(new Store(options));
  for (const [value, make] of Object.entries(VALUES)) {
    const said = `${options.driver}: ${value}`;
    await attemptOurs(`new Store(${said})`, () => new Store(make()));
    for (const key of Object.keys(options)) {
      await attemptOurs(`new Store(${key}: ${said})`, () => new Store({ ...options, [key]: make() }));
    }
    const [numbers, texts] = written(...callOf(1, [STORE_KEY]));
    await attemptOurs(`submit(${said})`, () => store.submit(make(), texts, wake));
    await attemptOurs(`submit(numbers, ${said})`, () => store.submit(numbers, make(), wake));
    await attemptOurs(`submit(numbers, [${said}])`, () => store.submit(numbers, [texts, make()], wake));
    await attemptOurs(`submit(call, ${said})`, () => store.submit(numbers, texts, make()));
    await attemptOurs(`cancel(${said})`, () => store.cancel(make()));
    for (const name of ["submit", "take", "calls", "cancel", "snapshot", "status", "warning"]) {
      const owner = Object.hasOwn(store, name) ? store : Store.prototype;
      await attempt(`${name} on ${said}`, () => owner[name].call(make(), [], wake));
    }
    for (let at = 0; at < 5; at++) {
      const call = replaced(callOf(1, [STORE_KEY]), at, make());
      await attemptOurs(`submit(head ${at}: ${said})`, () => store.submit(...written(...call), wake));
    }
    for (const [operation, values] of OPERATIONS.entries()) {
      for (const at of values.keys()) {
        const call = callOf(operation, replaced(values, at, make()));
        await attemptOurs(`submit(${operation}, value ${at}: ${said})`, () => store.submit(...written(...call), wake));
      }
      const few = callOf(operation, values.slice(1));
      await attemptOurs(`submit(${operation}, too few)`, () => store.submit(...written(...few), wake));
    }
  }
  for (const [operation, values] of OPERATIONS.entries()) {
    const [numbers, texts] = written(...callOf(operation, values));
    for (const at of numbers.keys()) {
      for (const number of NUMBERS) {
        const name = `submit(${operation}, number ${at}: ${number})`;
        await attemptOurs(name, () => store.submit(numbers.with(at, number), texts, wake));
      }
    }
    for (const [cut, some] of Object.entries({
      short: texts.slice(1),
      long: `${texts}A`,
      split: [...texts],
      none: [],
    })) {
      await attemptOurs(`submit(${operation}, ${cut} texts)`, () => store.submit(numbers, some, wake));
    }
  }
  for (const [name, make] of Object.entries(ARRAYS)) {
    await attemptOurs(`submit(${name})`, () => store.submit(make(), STORE_KEY, wake));
  }
  await attemptOurs(`submit(15)`, () => store.submit(...written(...callOf(15, [])), wake));
  await attemptOurs(`submit(close)`, () => store.submit(...written(...callOf(14, [])), wake));
}

/** What takes almost no memory here, and would take all there is where its length was believed. */
const LONG_ARRAYS = {
  holes: () => Object.assign([], { length: 2 ** 32 - 1 }),
  "an element and holes": () => Object.assign([{}], { length: 2 ** 32 - 1 }),
  "holes and an element": () => Object.assign([], { [2 ** 32 - 2]: {} }),
  "100 million holes": () => Object.assign([], { length: 100_000_000 }),
  "an array of a subclass": () => new (class extends Array {})(2 ** 32 - 1),
  "a proxy": () => new Proxy(Object.assign([], { length: 2 ** 32 - 1 }), {}),
  "no array": () => ({ length: 2 ** 32 - 1 }),
  "elements of which the first removes the others": () => {
    const array = Array.from({ length: 1000 }, () => ({}));
    return Object.defineProperty(array, 0, { get: () => ((array.length = 0), {}) });
  },
};
const WITH_ARRAYS = {
  alsoOpens: (array) => ({ alsoOpens: array }),
  positional: (array) => ({ password: PASSWORD_FORMS.positional(array) }),
  "sealing.map": (array) => ({ password: PASSWORD_FORMS["sealing.map"](array) }),
  "map.map": (array) => ({ password: PASSWORD_FORMS["map.map"](array) }),
};
const WITH_BYTES = {
  "positional[0].encryption": (bytes) => ({ password: PASSWORD_FORMS["positional[0].encryption"](bytes) }),
  "positional[0].integrity": (bytes) => ({ password: PASSWORD_FORMS["positional[0].integrity"](bytes) }),
};

/** Makes a sealer, which has to be refused by name. */
async function attemptRefused(name, changes) {
  await attempt(`new Sealer(${name})`, async () => {
    try {
      return newSealer({ ...OPTIONS, ...changes() });
    } catch (error) {
      // What is no error is a fault to the judge.
      return Promise.reject(error.code === "ERR_CONFIG" ? error : `it ended with ${error.code}`);
    }
  });
}

for (const [array, make] of Object.entries(LONG_ARRAYS)) {
  for (const [where, changes] of Object.entries(WITH_ARRAYS)) {
    await attemptRefused(`${where}: ${array}`, () => changes(make()));
  }
  await attemptOurs(`new Ring(${array})`, () => new Ring(make()));
  const numbers = Float64Array.of(2, 1);
  await attemptOurs(`submit(${array})`, () => withCalls(new Store(STORE_OPTIONS.memory)).submit(numbers, make(), wake));
}
for (const [where, changes] of Object.entries(WITH_BYTES)) {
  await attemptRefused(`${where}: a gigabyte`, () => changes(new Uint8Array(2 ** 30)));
}

const IMPOSTORS = {
  "the prototype": () => Sealer.prototype,
  "an heir of the prototype": () => Object.create(Sealer.prototype),
  "an heir of a sealer": () => Object.create(sealer),
  "a proxy of a sealer": () => new Proxy(sealer, {}),
  "a sealer of another prototype": () => Object.setPrototypeOf(newSealer(OPTIONS), null),
  "a frozen sealer": () => Object.freeze(newSealer(OPTIONS)),
  "a subclass": () => new (class extends Sealer {})(OPTIONS.password, OPTIONS),
  "constructed for another class": () => Reflect.construct(Sealer, [OPTIONS.password, OPTIONS], Map),
  "called without new": () => Sealer(OPTIONS.password, OPTIONS),
  "called on an object": () => Sealer.call({}, OPTIONS.password, OPTIONS),
};
for (const [name, make] of Object.entries(IMPOSTORS)) {
  for (const property of PROPERTIES) {
    await attempt(`${property} on ${name}`, () => borrowed(property).call(make(), token, NOW));
  }
}
for (const name of PROPERTIES) await attemptOurs(`${name}()`, () => borrowed(name).call(sealer));

await report();
