import { randomBytes, randomUUID } from "node:crypto";

/** How many distinct sessions are prepared, and cycled. */
export const SESSIONS = 10_000;

const byteLength = (session) => Buffer.byteLength(JSON.stringify(session));

/** Every tenth name is beyond ASCII, as people's are: such a text crosses to native code by another way. */
function makeUser(index) {
  const name = index % 10 === 0 ? "Zoë Müller" : "Grace Hopper";
  return { id: index, name, email: `user${index}@example.com` };
}

function emptySession(index) {
  return { id: randomUUID(), createdAt: 1_795_000_000_000 + index, data: { user: makeUser(index), visits: 0 } };
}

/** Adds a text that brings the session's JSON to exactly `bytes` bytes. */
function fill(session, key, bytes) {
  session.data[key] = "";
  const missing = bytes - byteLength(session);
  if (missing < 0) throw new Error(`A session does not fit in ${bytes} bytes`);
  session.data[key] = randomBytes(missing).toString("base64url").slice(0, missing);
  return session;
}

/** What fills a session: the access token of a provider, one long text; or a cart, many small values. */
const shapes = {
  token: (index, bytes) => fill(emptySession(index), "accessToken", bytes),
  cart(index, bytes) {
    const session = emptySession(index);
    const cart = (session.data.cart = []);
    while (byteLength(session) + 70 < bytes) {
      cart.push({ sku: `A-${index * 31 + cart.length}`, amount: 1 + (cart.length % 3), price: 19.5 });
    }
    return fill(session, "csrf", bytes);
  },
};

/** A session as h3 seals it, whose JSON has exactly `bytes` bytes. */
export function makeSession(shape, index, bytes) {
  return shapes[shape](index, bytes);
}

/** {@link SESSIONS} distinct ones. */
export function makeSessions(shape, bytes) {
  return Array.from({ length: SESSIONS }, (_, index) => makeSession(shape, index, bytes));
}
