// The ways that a rate limit refuses and fails, with canaries for all that is secret in them.

import { createEvent } from "h3-v1";
import { mockEvent } from "h3-v2";
import {
  clientAddress,
  defineRateLimit,
  defineSessionRateLimit,
  defineUnsealBudget,
  rateLimitError,
  useRateLimit,
} from "ironkeep/h3";
import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";

import { CANARIES } from "./spellings.mjs";

const { password, data, id } = CANARIES;

function eventOfV1(headers) {
  const request = new IncomingMessage(new Socket());
  Object.assign(request, { method: "GET", url: "/", headers });
  return createEvent(request, new ServerResponse(request));
}

const EVENTS = {
  v1: eventOfV1,
  v2: (headers) => mockEvent("/", { headers }),
  peer: (headers) => ({ request: { headers: new Headers(headers) }, context: {} }),
};

/** What a refusal says, thrown as an error is looked at. */
async function thrown(answer) {
  const text = await answer;
  if (text !== undefined) throw new Error(text);
}

/** `cookie` has to hold a session of `password` with the canary as its id. */
export function* limitPaths(cookie) {
  const session = { password, generateId: () => id };
  const token = cookie.slice("h3=".length);
  for (const [major, event] of Object.entries(EVENTS)) {
    const tokens = defineSessionRateLimit({ session, name: `canary ${major}`, quota: "1/1d" });
    const budget = defineUnsealBudget({ session, name: `canary budget ${major}`, quota: "1/1d" });
    for (let n = 0; n < 2; n++) {
      for (const headers of [{ cookie }, { "x-session-id": id }, { "x-session-id": `${token}x` }, {}]) {
        yield [`${major} a session's limit`, () => thrown(tokens(event(headers)))];
        yield [`${major} an unseal budget`, () => thrown(budget(event({ cookie: `h3=${password}` })))];
      }
    }
    const limit = defineRateLimit({ name: `canary key ${major}`, quota: "1/1d", by: () => data, onLimited: () => {} });
    for (let n = 0; n < 2; n++) {
      yield [
        `${major} a key`,
        async () => {
          const decision = await useRateLimit(event({ cookie }), limit);
          throw rateLimitError(event({ cookie }), decision);
        },
      ];
    }
    for (const wrong of [
      { name: `${password}\n` },
      { by: password },
      { session: password },
      { allow: [password] },
      { fields: password },
      { message: { password } },
      { address: { header: `${password} `, trustedHops: 1 } },
      { address: { trustedProxies: [password] } },
    ]) {
      yield [`${major} an option that is wrong`, () => useRateLimit(event({ cookie }), { quota: "1/1s", ...wrong })];
    }
    yield [`${major} a quota`, () => useRateLimit(event({ cookie }), { quota: password })];
    yield [`${major} an address`, () => clientAddress(event({}), { trustedProxies: [password] })];
  }
}
