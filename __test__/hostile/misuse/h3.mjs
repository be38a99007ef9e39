import { createEvent } from "h3-v1";
import { mockEvent } from "h3-v2";
import * as session from "ironkeep/h3";
import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";

import { attempt, report } from "./table.mjs";
import { VALUES } from "./values.mjs";

const PASSWORD = "mY4&tG8z*Qw2kV6r%Nf9xP3c!Sb7hD5j";
const CONFIG = { password: PASSWORD };

function eventOfV1(cookie) {
  const request = new IncomingMessage(new Socket());
  Object.assign(request, { method: "GET", url: "/", headers: { host: "localhost", cookie } });
  return createEvent(request, new ServerResponse(request));
}

async function sealedCookie(major) {
  const event = major === 1 ? eventOfV1() : mockEvent("/");
  return `h3=${await session.sealSession(event, CONFIG)}`;
}

const cookies = { 1: await sealedCookie(1), 2: await sealedCookie(2) };
const EVENTS = {
  v1: () => eventOfV1(cookies[1]),
  v2: () => mockEvent("/", { headers: { cookie: cookies[2] } }),
};
const token = cookies[2].slice("h3=".length);

/** Every export, with its arguments after the first. */
const CALLS = {
  useSession: (event, config, last) => session.useSession(event, config).then((manager) => manager.update(last)),
  getSession: session.getSession,
  updateSession: session.updateSession,
  sealSession: session.sealSession,
  unsealSession: (event, config) => session.unsealSession(event, config, token),
  clearSession: session.clearSession,
  checkCsrf: (event, config) => session.checkCsrf(event, { token: "0.x", session: config }),
  checkOrigin: session.checkOrigin,
  csrfToken: session.csrfToken,
  defineCsrfProtection: (event, config) => session.defineCsrfProtection({ session: config })(event),
  replaceSession: (event, config, data = { a: 1 }) => session.replaceSession(event, config, data),
  regenerateSession: session.regenerateSession,
  touchSession: (event, config) => session.touchSession(event, idle(config)),
  flashSession: (event, config, last) => session.flashSession(event, config, "key", last),
  destroySession: session.destroySession,
};

/** With something to touch, where the configuration is one. */
function idle(config) {
  return typeof config === "object" && config !== null ? { ...config, idleTimeout: 60 } : config;
}

const CSRF_OPTIONS =
  "allowedOrigins, allowSameSite, strict, bypass, xForwardedHost, xForwardedProto, session, tokenHeader, token".split(
    ", ",
  );

const CONFIG_PATHS = [
  "password, maxAge, idleTimeout, name, cookie, sessionHeader, seal, crypto, generateId, legacySealFallback, lazy",
  "generation, salts, unknownOption, crypto.randomUUID, cookie.domain, cookie.encode, cookie.expires, cookie.httpOnly",
  "cookie.maxAge, cookie.path, cookie.priority, cookie.sameSite, cookie.secure, cookie.partitioned",
  "maxCookieBytes, revocation, revocation.notBefore, revocation.isRevoked, revocation.revokeSession, schema, schema.~standard",
  "onInvalid, strict, cookie.chunkMaxLength, seal.encryption, seal.integrity, seal.ttl, seal.timestampSkewSec, seal.localtimeOffsetMsec",
]
  .join(", ")
  .split(", ")
  .map((path) => path.split("."));

function withOption([key, inner], value) {
  return { ...CONFIG, [key]: inner === undefined ? value : { [inner]: value } };
}

/** Events that are almost one, around a value. */
const EVENT_FORMS = {
  "{ req }": (value) => ({ req: value, context: {} }),
  "{ req: { headers } }": (value) => ({ req: { headers: value }, context: {} }),
  "{ req: { headers: { get } } }": (value) => ({ req: { headers: { get: value } }, context: {} }),
  "a header": (value) => ({ req: { headers: { get: () => value } }, context: {} }),
  "{ req, res }": (value) => ({ req: new Request("http://localhost"), res: value, context: {} }),
  "{ req, res: { headers } }": (value) => ({
    req: new Request("http://localhost"),
    res: { headers: value },
    context: {},
  }),
  "{ req, context }": (value) => ({ req: new Request("http://localhost"), context: value }),
  "{ req, context: { sessions } }": (value) => ({
    req: new Request("http://localhost"),
    context: { sessions: value, cache: value },
  }),
  "{ node }": (value) => ({ node: value, context: {} }),
  "{ node: { req } }": (value) => ({ node: { req: value, res: {} }, context: {} }),
  "{ node: { req, res } }": (value) => ({ node: { req: { headers: {} }, res: value }, context: {} }),
  "{ node: { req: { headers } } }": (value) => ({ node: { req: { headers: value }, res: {} }, context: {} }),
  "a header of Node's": (value) => ({ node: { req: { headers: { cookie: value } }, res: {} }, context: {} }),
  "{ request }": (value) => ({ request: value, context: {} }),
  "{ headers }": (value) => ({ headers: value, context: {} }),
  "{ headers, context }": (value) => ({ headers: new Headers(), context: value }),
};

for (const [value, make] of Object.entries(VALUES)) {
  await attempt(`createRevocations(${value})`, () => {
    const revocations = session.createRevocations(make());
    revocations.revokeUser(make(), make());
    revocations.revokeSession(make(), make());
  });
  for (const [name, call] of Object.entries(CALLS)) {
    await attempt(`${name}(${value}, …)`, () => call(make(), CONFIG));
    for (const [form, event] of Object.entries(EVENT_FORMS)) {
      await attempt(`${name}(${form}: ${value}, …)`, () => call(event(make()), CONFIG));
    }
    for (const [major, event] of Object.entries(EVENTS)) {
      await attempt(`${name}(${major}, ${value})`, () => call(event(), make()));
      for (const path of CONFIG_PATHS) {
        await attempt(`${name}(${major}, ${path.join(".")}: ${value})`, () => call(event(), withOption(path, make())));
      }
      await attempt(`${name}(${major}, generateId gives ${value})`, () =>
        call(event(), { ...CONFIG, name: "other", generateId: make }),
      );
    }
  }
  for (const [major, event] of Object.entries(EVENTS)) {
    for (const name of ["useSession", "updateSession", "replaceSession", "regenerateSession", "flashSession"]) {
      const call = CALLS[name];
      await attempt(`${name}(${major}, …, ${value})`, () => call(event(), CONFIG, make()));
      await attempt(`${name}(${major}, …, { ${value} })`, () => call(event(), CONFIG, { a: make() }));
      await attempt(`${name}(${major}, …, gives ${value})`, () => call(event(), CONFIG, () => make()));
      await attempt(`${name}(${major}, …, gives a promise of ${value})`, () =>
        call(event(), CONFIG, async () => make()),
      );
    }
    for (const key of CSRF_OPTIONS) {
      await attempt(`checkCsrf(${major}, ${key}: ${value})`, () => session.checkCsrf(event(), { [key]: make() }));
    }
    await attempt(`regenerateSession(${major}, …, { userId: ${value} })`, () =>
      session.regenerateSession(event(), CONFIG, { userId: make() }),
    );
    await attempt(`flashSession(${major}, …, ${value}, 1)`, () => session.flashSession(event(), CONFIG, make(), 1));
    for (const gives of [() => make(), async () => make()]) {
      const revocation = { notBefore: gives, isRevoked: gives, revokeSession: gives };
      const schema = { "~standard": { version: 1, vendor: "test", validate: gives } };
      for (const name of ["useSession", "updateSession", "unsealSession", "destroySession"]) {
        const call = CALLS[name];
        await attempt(`${name}(${major}, a revocation gives ${value})`, () => call(event(), { ...CONFIG, revocation }));
        await attempt(`${name}(${major}, a schema gives ${value})`, () => call(event(), { ...CONFIG, schema }));
      }
    }
    await attempt(`unsealSession(${major}, …, ${value})`, () => session.unsealSession(event(), CONFIG, make()));
  }
}
for (const [name, call] of Object.entries(session)) await attempt(`${name}()`, () => call());

await report();
