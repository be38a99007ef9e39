import { createServer } from "node:http";

import { createApp, createRouter, defineEventHandler, getHeader, readBody, sendRedirect, toNodeListener } from "h3";
import { isIronkeepError } from "ironkeep";
import { defineCsrfProtection, defineRateLimit, useSession } from "ironkeep/h3";
import { createSessions } from "ironkeep/sessions";
import { createStore } from "ironkeep/store";

import { escape, home, page } from "./page.mjs";

const { REDIS_URL, SESSION_PASSWORD: password, PORT } = process.env;
if (!password) throw new Error("Set SESSION_PASSWORD to what this makes: npx ironkeep keys generate");

const store = createStore(REDIS_URL ? { driver: "redis", url: REDIS_URL } : { driver: "sqlite", path: "sessions.db" });
const config = { name: "app", password, store, maxAge: 7 * 24 * 3600, idleTimeout: 24 * 3600 };
const sessions = createSessions(config);

async function countVisit(session) {
  try {
    await session.update(({ visits = 0 }) => ({ visits: visits + 1 }));
  } catch (error) {
    // It was ended elsewhere a moment ago: the page is for nobody, and not counted.
    if (!isIronkeepError(error) || error.code !== "ERR_SESSION_NOT_FOUND") throw error;
  }
}

/** By the address of the client, in this process. */
const signInLimit = defineRateLimit({ name: "sign-in", quota: "5/1m" });
const limit = defineRateLimit({ name: "limited", quota: "10/1m" });

const router = createRouter()
  .get(
    "/",
    defineEventHandler(async (event) => {
      const session = await useSession(event, config);
      await countVisit(session);
      return home({ user: session.userId, visits: session.data.visits });
    }),
  )
  .post(
    "/sign-in",
    signInLimit.wrap(async (event) => {
      const { user } = (await readBody(event)) ?? {};
      if (!user) return sendRedirect(event, "/", 303);
      // An app of yours looks at a password here.
      const session = await useSession(event, config);
      // A cookie of a session that was ended elsewhere: this request has checked a password, and starts anew.
      if (session.id === undefined) await session.clear();
      await session.regenerate({ userId: String(user), label: getHeader(event, "user-agent") ?? "" });
      return sendRedirect(event, "/members", 303);
    }),
  )
  .get(
    "/members",
    defineEventHandler(async (event) => {
      const { userId } = await useSession(event, config);
      if (!userId) return sendRedirect(event, "/", 303);
      const devices = await sessions.list(userId);
      return page(
        `<h1>Hello, ${escape(userId)}</h1><p>Signed in on ${devices.length} device(s).</p><a href="/">Back</a>`,
      );
    }),
  )
  .post(
    "/sign-out",
    defineEventHandler(async (event) => {
      const session = await useSession(event, config);
      await session.clear();
      return sendRedirect(event, "/", 303);
    }),
  )
  .post(
    "/sign-out-everywhere",
    defineEventHandler(async (event) => {
      const session = await useSession(event, config);
      if (session.userId) await sessions.revoke(session.userId);
      await session.clear();
      return sendRedirect(event, "/", 303);
    }),
  )
  .get(
    "/limited",
    limit.wrap(() => "Not too often, please."),
  );

const app = createApp().use(defineCsrfProtection()).use(router);
const server = createServer(toNodeListener(app)).listen(Number(PORT ?? 3000), "localhost");

process.once("SIGTERM", () => {
  server.close(() => sessions.close());
  server.closeIdleConnections();
});
