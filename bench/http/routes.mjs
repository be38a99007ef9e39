import { once } from "node:events";
import { createServer } from "node:http";

/** The routes of every stack: the same answer without a session, from one, and from one that is changed. */
export const ROUTES = ["none", "read", "update"];

/** The answer: of a session that is lost it throws, and the load sees an error. */
export const answer = ({ user, visits }) => `${user.email} ${visits}`;

/** The answer of the route without a session, as long as the others'. */
export const NO_SESSION = "nobody1234@example.com 0";

/** A server of Node's that listens. */
export async function serve(listener) {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}
