// Every way that a call can fail, with canaries for all that is secret in it.

import { createEvent } from "h3-v1";
import { mockEvent } from "h3-v2";
import { createKeyring } from "ironkeep";
import * as session from "ironkeep/h3";
import { defaults, seal, sealSync, unseal, unsealSync } from "ironkeep/iron";
import { createRequire } from "node:module";
import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";

import { bindingPaths } from "./binding-paths.mjs";
import { CSRF_TOKEN, csrfPaths } from "./csrf-paths.mjs";
import { limitPaths } from "./limit-paths.mjs";
import { keyringPaths } from "./keyring-paths.mjs";
import { redisPaths, unanswered } from "./redis-paths.mjs";
import { EXTRAS, passwordForm } from "../sealer-options.mjs";
import { CANARIES } from "./spellings.mjs";

const { Ring, Sealer } = createRequire(import.meta.url)("../../../index.cjs");
const { password, previous, encryption, integrity, key, data, id } = CANARIES;
const bytes = Buffer.from(key);
const OBJECT = { id, createdAt: 1, data: { note: data } };

function optionsOf(changes) {
  return { ...defaults, ...changes };
}

function both(change) {
  return optionsOf({
    encryption: { ...defaults.encryption, ...change },
    integrity: { ...defaults.integrity, ...change },
  });
}

const slow = both({ iterations: 8192 });
const good = sealSync(OBJECT, password, defaults);
const goodSlow = sealSync(OBJECT, password, slow);
const goodOfBytes = sealSync(OBJECT, bytes, defaults);
const named = sealSync(OBJECT, { id: "named", secret: password }, defaults);
const parts = good.split("*");

/** Every token of a run, all of which are secret. */
export const TOKENS = [good, goodSlow, goodOfBytes, named, CSRF_TOKEN];

const tampered = {
  "a part less": parts.slice(1).join("*"),
  "a part more": `${good}*x`,
  ...Object.fromEntries(
    parts.map((_, index) => [
      `part ${index} changed`,
      parts.map((part, each) => (each === index ? `A${part}` : part)).join("*"),
    ]),
  ),
  "no base64": parts.map((part, each) => (each === 4 ? `${part}=` : part)).join("*"),
  cut: good.slice(0, -1),
  "the MAC of another": [...parts.slice(0, 7), goodSlow.split("*")[7]].join("*"),
  expired: sealSync(OBJECT, password, optionsOf({ ttl: 1, localtimeOffsetMsec: -3_600_000 })),
  "bad expiry": parts.map((part, each) => (each === 5 ? "0x10" : part)).join("*"),
  "no JSON": sealSync(OBJECT, password, optionsOf({ encode: () => `{"note":"${data}"` })),
  blank: sealSync(OBJECT, password, optionsOf({ encode: () => " " })),
};

const PASSWORDS = {
  none: undefined,
  empty: "",
  "too short": password.slice(0, 31),
  another: previous,
  bytes,
  "bytes too few": bytes.subarray(0, 20),
  "bytes of a wrong length": Buffer.from(`${key}${key}`),
  "an array": [password],
  "a secret that is a list": { id: "x", secret: [password] },
  "a bad id": { id: "not-a-word!", secret: password },
  "halves swapped": { id: "x", encryption: integrity, integrity: encryption },
  "one half": { id: "x", encryption: password },
  "a number": 5,
};

const OPTIONS = {
  none: undefined,
  null: null,
  empty: {},
  "an unknown algorithm": both({ algorithm: "rot13" }),
  "no salt bits": both({ saltBits: 0 }),
  "too many salt bits": both({ saltBits: 1e6 }),
  "negative iterations": both({ iterations: -1 }),
  "a long minimum": both({ minPasswordlength: 1000 }),
  "encode throws nothing of ours": optionsOf({ encode: () => undefined, decode: () => JSON.parse("{") }),
};

const BAD_DATA = {
  function: () => data,
  cycle: { note: data },
  "a big integer": { note: data, n: 1n },
  symbol: { [Symbol(data)]: 1 },
};
BAD_DATA.cycle.self = BAD_DATA.cycle;

function* ironPaths() {
  for (const [what, token] of Object.entries(tampered)) {
    for (const open of [unseal, unsealSync]) {
      for (const options of [defaults, slow]) yield [`${open.name}, ${what}`, () => open(token, password, options)];
    }
  }
  for (const [what, given] of Object.entries(PASSWORDS)) {
    for (const options of [defaults, slow]) {
      yield [`seal, password: ${what}`, () => seal(OBJECT, given, options)];
      yield [`sealSync, password: ${what}`, () => sealSync(OBJECT, given, options)];
      yield [`unseal, password: ${what}`, () => unseal(good, given, options)];
      yield [`unsealSync, map: ${what}`, () => unsealSync(named, { named: given, other: previous }, options)];
    }
  }
  yield ["unseal, an unknown id", () => unseal(named, { other: password }, defaults)];
  for (const [what, options] of Object.entries(OPTIONS)) {
    yield [`seal, options: ${what}`, () => seal(OBJECT, password, options)];
    yield [`unsealSync, options: ${what}`, () => unsealSync(good, password, options)];
  }
  for (const [what, object] of Object.entries(BAD_DATA))
    yield [`seal, ${what}`, () => seal(object, password, defaults)];
  yield ["seal, too large", () => seal({ note: data.repeat(1e6) }, password, defaults)];
}

function eventOfV1(headers = {}) {
  const request = new IncomingMessage(new Socket());
  Object.assign(request, { method: "GET", url: "/", headers });
  return createEvent(request, new ServerResponse(request));
}

const EVENTS = {
  v1: (headers) => eventOfV1(headers),
  v2: (headers) => mockEvent("/", { headers }),
  peer: (headers) => ({ request: { headers: new Headers(headers) }, context: {} }),
};

function* sessionPaths() {
  for (const [major, event] of Object.entries(EVENTS)) {
    for (const [what, token] of Object.entries(tampered)) {
      const config = { password, maxAge: 60 };
      yield [`${major} unsealSession, ${what}`, () => session.unsealSession(event(), config, token)];
      yield [
        `${major} getSession by cookie, ${what}`,
        () => session.getSession(event({ cookie: `h3=${token}` }), config),
      ];
      yield [
        `${major} useSession by header, ${what}`,
        () => session.useSession(event({ "x-h3-session": token }), config),
      ];
    }
    for (const [what, given] of Object.entries(PASSWORDS)) {
      const config = { password: given, cookie: { sameSite: "none", secure: false } };
      yield [
        `${major} useSession, password: ${what}`,
        () => session.useSession(event({ cookie: `h3=${good}` }), config),
      ];
      yield [`${major} sealSession, password: ${what}`, () => session.sealSession(event(), config)];
      yield [`${major} unsealSession, password: ${what}`, () => session.unsealSession(event(), config, named)];
    }
    const config = { password, generateId: () => id };
    const large = { note: data.repeat(20_000) };
    yield [`${major} updateSession, too large`, () => session.updateSession(event(), config, large)];
    yield [
      `${major} updateSession, chunks`,
      () => session.updateSession(event(), { ...config, cookie: { chunkMaxLength: 10 } }, { note: data }),
    ];
    yield [`${major} updateSession, a cycle`, () => session.updateSession(event(), config, BAD_DATA.cycle)];
    yield [
      `${major} updateSession, a big integer`,
      () => session.updateSession(event(), config, BAD_DATA["a big integer"]),
    ];
    yield [`${major} cookie name`, () => session.updateSession(event(), { ...config, name: "a;b" }, { note: data })];
    yield [
      `${major} encode`,
      () => session.updateSession(event(), { ...config, cookie: { encode: () => "\0" } }, { note: data }),
    ];
    yield [`${major} unknown option`, () => session.getSession(event(), { ...config, passwords: previous })];
    yield [
      `${major} cached`,
      () =>
        session.updateSession(Object.assign(event(), { context: { cache: { options: {} } } }), config, { note: data }),
    ];
    yield* writePaths(major, event, config);
    for (const each of [undefined, null, 5])
      yield [`${major} token ${each}`, () => session.unsealSession(event(), config, each)];
    yield [`${major} clear`, () => session.clearSession(event({ cookie: `h3=${good}` }), { ...config, name: "a b=" })];
  }
  for (const each of [undefined, null, {}, { headers: {} }]) {
    yield ["no event", () => session.useSession(each, { password })];
  }
}

/** A schema that quotes, as schemas do. */
const quoting = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: (value) => ({ issues: [{ message: `not ${JSON.stringify(value)}`, path: ["note", data] }] }),
  },
};

function* writePaths(major, event, config) {
  const cookie = { cookie: `h3=${good}` };
  const WRITES = {
    "a refused update": [session.updateSession, { ...config, schema: quoting }, { note: data }],
    "a refused function": [session.updateSession, { ...config, schema: quoting }, () => ({ note: data })],
    "a refused cookie": [session.getSession, { ...config, schema: quoting, onInvalid: "reject" }],
    "a reset cookie": [session.getSession, { ...config, schema: quoting }],
    "a schema that is a text": [session.updateSession, { ...config, schema: password }, { note: data }],
    "an output that is a text": [
      session.updateSession,
      { ...config, schema: { "~standard": { validate: () => ({ value: data }) } } },
      { note: data },
    ],
    "too small a limit": [session.updateSession, { ...config, maxCookieBytes: 100 }, { note: data }],
    "a limit that is a text": [session.updateSession, { ...config, maxCookieBytes: password }, { note: data }],
    "a text for data": [session.replaceSession, config, data],
    "a user that is no text": [session.regenerateSession, config, { userId: [id] }],
    "an id that is not new": [session.regenerateSession, config],
    "a revocation that fails": [
      session.getSession,
      { ...config, revocation: { notBefore: () => 0, isRevoked: () => Promise.reject(new Error("no store")) } },
    ],
    "a session that is revoked": [
      session.useSession,
      { ...config, revocation: { notBefore: () => 0, isRevoked: () => true } },
    ],
    "strictly, an unknown option": [session.getSession, { ...config, passwords: previous, strict: true }],
    "strictly, a bad domain": [session.getSession, { ...config, cookie: { domain: "a b" }, strict: true }],
    "a flash too large": [session.flashSession, { ...config, maxCookieBytes: 100 }, id, data],
  };
  for (const [what, [call, ...args]] of Object.entries(WRITES)) {
    yield [`${major} ${call.name}, ${what}`, () => call(event(cookie), ...args)];
  }
  const revocations = session.createRevocations({ maxEntries: 0 });
  yield ["revokeUser, full", () => revocations.revokeUser(id)];
  yield ["revokeSession, full", () => revocations.revokeSession(id)];
  yield ["revokeUser, no instant", () => revocations.revokeUser(id, data)];
}

export function errorPaths() {
  const paths = [
    ...ironPaths(),
    ...sessionPaths(),
    ...csrfPaths(`h3=${good}`),
    ...limitPaths(`h3=${good}`),
    ...bindingPaths(good, tampered),
  ];
  return [...paths, ...keyringPaths(), ...redisPaths()];
}

/** Objects of ours that hold secrets, without being what shows them to the app. */
export async function heldObjects() {
  const sealer = new Sealer(passwordForm(password), EXTRAS);
  const ring = new Ring([{ id: "k1", secret: password, sealFrom: 0 }]);
  const keyring = createKeyring([{ id: "k1", secret: password }]);
  // Without data of the app's, so that a manager shows nothing but itself.
  const managers = await Promise.all(
    Object.values(EVENTS).map((event) =>
      session.useSession(event({ cookie: `h3=${tampered.cut}` }), { password, lazy: true }),
    ),
  );
  return { sealer, ring, keyring, managers, defaults, session, store: unanswered() };
}
