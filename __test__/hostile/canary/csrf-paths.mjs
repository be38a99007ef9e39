// The ways that a CSRF check and a CSRF token fail, with canaries for all that is secret in them.

import { createEvent } from "h3-v1";
import { mockEvent } from "h3-v2";
import { checkCsrf, checkOrigin, csrfToken, defineCsrfProtection } from "ironkeep/h3";
import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";

import { plainToken } from "../../vectors/plain-csrf.mjs";
import { CANARIES } from "./spellings.mjs";

const { password, previous, data, id } = CANARIES;

/** A token that another session's page holds. */
export const CSRF_TOKEN = plainToken({
  secret: { text: password },
  name: "h3",
  audience: "",
  kid: "0",
  sessionId: "another",
  nonceHex: "5a".repeat(16),
});

function eventOfV1(headers) {
  const request = new IncomingMessage(new Socket());
  Object.assign(request, { method: "POST", url: `/?note=${encodeURIComponent(data)}`, headers });
  return createEvent(request, new ServerResponse(request));
}

const EVENTS = {
  v1: eventOfV1,
  v2: (headers) => mockEvent(`/?note=${encodeURIComponent(data)}`, { method: "POST", headers }),
  peer: (headers) => ({ request: { headers: new Headers(headers) }, context: {} }),
};

/** `cookie` has to hold a session of `password` with the canary as its id. */
export function* csrfPaths(cookie) {
  const session = { password, generateId: () => id };
  for (const [major, event] of Object.entries(EVENTS)) {
    for (const token of [CSRF_TOKEN, `0.${password}`, password, "", undefined, { password }]) {
      for (const headers of [{ cookie }, { cookie, "x-csrf-token": CSRF_TOKEN }, {}]) {
        yield [`${major} checkCsrf`, () => checkCsrf(event(headers), { session, token })];
      }
    }
    for (const headers of [{ origin: `https://${previous}.example` }, { origin: data }, { "sec-fetch-site": data }]) {
      yield [`${major} checkOrigin`, () => checkOrigin(event(headers))];
      yield [`${major} middleware`, () => defineCsrfProtection({ session })(event({ ...headers, cookie }))];
    }
    yield [
      `${major} csrfToken, a weak password`,
      () => csrfToken(event({ cookie }), { password: password.slice(0, 31) }),
    ];
    yield [`${major} csrfToken, no session`, () => csrfToken(event({}), { password: { id: "a b", secret: password } })];
    yield [`${major} unknown option`, () => checkCsrf(event({}), { sessions: session })];
    yield [`${major} a session that is none`, () => checkCsrf(event({}), { session: password })];
    yield [`${major} a header that is none`, () => checkCsrf(event({}), { tokenHeader: `${password} ` })];
    yield [`${major} an origin that is none`, () => checkCsrf(event({}), { allowedOrigins: [password] })];
    yield [`${major} a path that is none`, () => checkCsrf(event({}), { bypass: [password] })];
  }
}
