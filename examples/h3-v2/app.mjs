import { H3, html, raw, redirect, serve } from "h3";
import { defineCsrfProtection, defineRateLimit, useSession } from "ironkeep/h3";
import { createSessions } from "ironkeep/sessions";
import { createStore } from "ironkeep/store";

import { escape, home, page } from "./page.mjs";

const { REDIS_URL, SESSION_PASSWORD: password, PORT } = process.env;
if (!password) throw new Error("Set SESSION_PASSWORD to what this makes: npx ironkeep keys generate");

const store = createStore(REDIS_URL ? { driver: "redis", url: REDIS_URL } : { driver: "sqlite", path: "sessions.db" });
const config = { name: "app", password, store, maxAge: 7 * 24 * 3600, idleTimeout: 24 * 3600 };
const sessions = createSessions(config);

/** By the address of the client, in this process. */
const signInLimit = defineRateLimit({ name: "sign-in", quota: "5/1m" });
const limit = defineRateLimit({ name: "limited", quota: "10/1m" });

const app = new H3()
  .use(defineCsrfProtection())
  .get("/", async (event) => {
    const session = await useSession(event, config);
    await session.update(({ visits = 0 }) => ({ visits: visits + 1 }));
    return html(raw(home({ user: session.userId, visits: session.data.visits })));
  })
  .post(
    "/sign-in",
    signInLimit.wrap(async (event) => {
      const user = new URLSearchParams(await event.req.text()).get("user");
      if (!user) return redirect("/", 303);
      // An app of yours looks at a password here.
      const session = await useSession(event, config);
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
    const { userId } = await useSession(event, config);
    if (userId) await sessions.revoke(userId);
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
