import { createEvent } from "h3-v1";
import { mockEvent } from "h3-v2";
import * as h3 from "ironkeep/h3";
import { createRateLimiter } from "ironkeep/limit";
import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";

import { attempt, report } from "./table.mjs";
import { VALUES } from "./values.mjs";

const session = { password: "mY4&tG8z*Qw2kV6r%Nf9xP3c!Sb7hD5j" };
const limiter = createRateLimiter({ name: "misuse", quota: "1000000/1s" });
const HEADERS = { "x-forwarded-for": "192.0.2.1", cookie: "h3=forged" };

const EVENTS = {
  v1() {
    const request = new IncomingMessage(new Socket());
    Object.assign(request, { method: "GET", url: "/", headers: { ...HEADERS } });
    return createEvent(request, new ServerResponse(request));
  },
  v2: () => mockEvent("/", { headers: HEADERS }),
  peer: () => ({ request: { headers: new Headers(HEADERS) }, context: {}, remoteAddress: "192.0.2.1" }),
};

/** Every function that counts, by its options. */
const CALLS = {
  useRateLimit: (event, options) => h3.useRateLimit(event, options),
  defineRateLimit: (event, options) => h3.defineRateLimit(options)(event),
  wrap: (event, options) => h3.defineRateLimit(options).wrap(() => "done")(event),
  defineSessionRateLimit: (event, options) => h3.defineSessionRateLimit({ session, ...options })(event),
  defineUnsealBudget: (event, options) => h3.defineUnsealBudget({ session, ...options })(event),
};

const OPTIONS = (
  "name, quota, quota.limit, quota.window, quota.burst, by, whenMissing, limits, limits.a, limiter, limiter.policies, cost, cost.misuse, skip, " +
  "dryRun, allow, deny, address, address.trustedHops, address.trustedProxies, address.header, address.ipv6Prefix, session, " +
  "session.password, fields, body, message, onLimited, orgId, sessionHeader, unknownOption"
).split(", ");

function optionsWith(path, value) {
  const [key, inner] = path.split(".");
  const option = inner === undefined ? value : { [inner]: value };
  return { limiter, [key]: option, ...(key === "quota" || key === "limits" ? { limiter: undefined } : {}) };
}

/** Events that are almost one, around a value. */
const EVENT_FORMS = {
  "a value": (value) => value,
  "{ req }": (value) => ({ req: value, context: {} }),
  "a header": (value) => ({ req: { headers: { get: () => value } }, context: {} }),
  "{ req: { ip } }": (value) => ({ req: { headers: new Headers(), ip: value }, context: {} }),
  "{ req: { runtime } }": (value) => ({ req: { headers: new Headers(), runtime: value }, context: {} }),
  "{ node: { req: { socket } } }": (value) => ({ node: { req: { headers: {}, socket: value }, res: {} }, context: {} }),
  "an address": (value) => ({ node: { req: { headers: {}, socket: { remoteAddress: value } }, res: {} }, context: {} }),
  "a header of Node's": (value) => ({ node: { req: { headers: { "x-forwarded-for": value } }, res: {} }, context: {} }),
  "{ context }": (value) => ({ node: { req: { headers: {} }, res: {} }, context: value }),
  "{ context: { clientAddress } }": (value) => ({
    node: { req: { headers: {} }, res: {} },
    context: { clientAddress: value, matchedRoute: value },
  }),
  "{ remoteAddress }": (value) => ({ headers: new Headers(), context: {}, remoteAddress: value }),
};

for (const [value, make] of Object.entries(VALUES)) {
  for (const [form, event] of Object.entries(EVENT_FORMS)) {
    const address = { trustedHops: 2 };
    await attempt(`clientAddress(${form}: ${value})`, () => h3.clientAddress(event(make()), address));
    await attempt(`limitedSession(${form}: ${value})`, () => h3.limitedSession(event(make())));
    for (const [name, call] of Object.entries(CALLS)) {
      const by = name === "defineUnsealBudget" || name === "defineSessionRateLimit" ? {} : { by: ["address", "route"] };
      await attempt(`${name}(${form}: ${value})`, () => call(event(make()), { limiter, address, ...by }));
    }
  }
  for (const [major, event] of Object.entries(EVENTS)) {
    await attempt(`clientAddress(${major}, ${value})`, () => h3.clientAddress(event(), make()));
    await attempt(`rateLimitError(${major}, ${value})`, () => h3.rateLimitError(event(), make()));
    for (const [name, call] of Object.entries(CALLS)) {
      await attempt(`${name}(${major}, ${value})`, () => call(event(), make()));
      for (const path of OPTIONS) {
        await attempt(`${name}(${major}, ${path}: ${value})`, () => call(event(), optionsWith(path, make())));
      }
    }
    for (const gives of [() => make(), async () => make()]) {
      for (const path of ["by", "cost", "skip", "onLimited"]) {
        const options = { limiter, address: { trustedHops: 1 }, session, [path]: gives };
        await attempt(`useRateLimit(${major}, ${path} gives ${value})`, () => h3.useRateLimit(event(), options));
      }
    }
  }
}

await report();
