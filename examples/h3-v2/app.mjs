import { H3, html, raw, redirect, serve } from "h3";
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

const app = new H3()
  .use(defineCsrfProtection())
  .get("/", async (event) => {
    const session = await useSession(event, config);
    await countVisit(session);
    return html(raw(home({ user: session.userId, visits: session.data.visits })));
  })
  .post(
    "/sign-in",
    signInLimit.wrap(async (event) => {
      const user = new URLSearchParams(await event.req.text()).get("user");
      if (!user) return redirect("/", 303);
      // An app of yours looks at a password here.
      const session = await useSession(event, config);
      // A cookie of a session that was ended elsewhere: this request has checked a password, and starts anew.
      if (session.id === undefined) await session.clear();
      await session.regenerate({ userId: user, label: event.req.headers.get("user-agent") ?? "" });
      return redirect("/members", 303);
    }),
  )
  .get("/members", async (event) => {
    const { userId } = await useSession(event, config);
    if (!userId) return redirect("/", 303);
    const devices = await sessions.list(userId);
    return html(
      raw(
        page(`<h1>Hello, ${escape(userId)}</h1><p>Signed in on ${devices.length} device(s).</p><a href="/">Back</a>`),
      ),
    );
  })
  .post("/sign-out", async (event) => {
    const session = await useSession(event, config);
    await session.clear();
    return redirect("/", 303);
  })
  .post("/sign-out-everywhere", async (event) => {
    const session = await useSession(event, config);
    if (session.userId) await sessions.revoke(session.userId);
    await session.clear();
    return redirect("/", 303);
  })
  .get(
    "/limited",
    limit.wrap(() => "Not too often, please."),
  );

const server = serve(app, { port: Number(PORT ?? 3000), hostname: "localhost" });

process.once("SIGTERM", async () => {
  await server.close();
  await sessions.close();
});
