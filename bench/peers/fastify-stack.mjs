// @fastify/secure-session on fastify: libsodium's secretbox in a cookie.
import secureSession from "@fastify/secure-session";
import fastify from "fastify";

import { NO_SESSION, answer } from "../http/routes.mjs";

const keyOf = (password) => Buffer.from(password, "base64");

const sessionsOf = (password) => [
  secureSession,
  { key: keyOf(password), cookie: { path: "/", secure: true, sameSite: "lax" } },
];

/** Starts a server whose sessions are secure-session's. */
export async function start({ password }) {
  const app = fastify();
  const route = (scope, name, handler) => scope.route({ method: "GET", url: `/${name}`, handler });
  route(app, "none", async () => NO_SESSION);
  // In a scope of its own: it opens the session of every request that it sees, also where nobody reads it.
  app.register(async (scope) => {
    await scope.register(...sessionsOf(password));
    route(scope, "read", async ({ session }) => answer(session.get("data")));
    route(scope, "update", async ({ session }) => {
      const data = session.get("data");
      session.set("data", { ...data, visits: data.visits + 1 });
      return answer(session.get("data"));
    });
  });
  await app.listen({ host: "127.0.0.1", port: 0 });
  return app.server;
}

/** What makes such a cookie's value of a session. */
export async function sealer(password) {
  const app = fastify().register(...sessionsOf(password));
  await app.ready();
  return (session) => app.encodeSecureSession(app.createSecureSession({ ...session }));
}
