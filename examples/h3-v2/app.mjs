import { H3, html, raw, redirect, serve } from "h3";
import { isIronkeepError } from "ironkeep";
import { defineCsrfProtection, defineRateLimit, useRateLimit, useSession } from "ironkeep/h3";
import { createSessions } from "ironkeep/sessions";
import { createStore } from "ironkeep/store";

import { answer, home, members, tooOften } from "./pages.mjs";

const { REDIS_URL, SESSION_PASSWORD: password, PORT } = process.env;
if (!password) throw new Error("Set SESSION_PASSWORD to what this makes: npx ironkeep keys generate");

const store = createStore(REDIS_URL ? { driver: "redis", url: REDIS_URL } : { driver: "sqlite", path: "sessions.db" });
const config = { name: "app", password, store, maxAge: 7 * 24 * 3600, idleTimeout: 24 * 3600 };
const sessions = createSessions(config);

/** By the address of the client, in this process. */
const signInLimit = defineRateLimit({ name: "sign-in", quota: "10/1m" });
const limit = defineRateLimit({ name: "limited", quota: "10/1m" });

const show = (page) => html(raw(page));

/** Says that it was too often; gives the seconds after which it may be tried again. */
function refuse(event, { retryAfter }) {
  const seconds = Math.ceil(retryAfter);
  event.res.status = 429;
  event.res.headers.set("retry-after", String(seconds));
  return seconds;
}

/** Counts a visit in the session. Where that was ended elsewhere, it is said once: its cookie goes. */
async function visit(session) {
  let isEnded = false;
  try {
    await session.update(({ visits = 0 }) => ({ visits: visits + 1 }));
  } catch (error) {
    if (!isIronkeepError(error) || error.code !== "ERR_SESSION_NOT_FOUND") throw error;
    isEnded = true;
    await session.clear();
  }
  return { user: session.userId, visits: session.data.visits, isEnded };
}

const app = new H3()
  .use(defineCsrfProtection())
  .get("/", async (event) => show(home(await visit(await useSession(event, config)))))
  .post("/sign-in", async (event) => {
    const decision = await useRateLimit(event, signInLimit);
    if (!decision.allowed) return show(home({ problem: `Too many tries. Wait ${refuse(event, decision)} s.` }));
    const form = new URLSearchParams(await event.req.text());
    const name = form.get("name")?.trim() ?? "";
    // An app of yours asks its database here, and compares hashes.
    if (name === "" || form.get("password") !== "sesame") {
      event.res.status = 401;
      return show(home({ name, problem: "This is not the password." }));
    }
    const session = await useSession(event, config);
    // A cookie of a session that was ended elsewhere: this request has checked a password, and starts anew.
    if (session.id === undefined) await session.clear();
    // A new id, so that nobody signs in under one that was planted.
    await session.regenerate({ userId: name, label: event.req.headers.get("user-agent") ?? "" });
    return redirect("/members", 303);
  })
  .get("/members", async (event) => {
    const { id, userId: user } = await useSession(event, config);
    if (!id || !user) return redirect("/", 303);
    const [session, devices] = await Promise.all([sessions.get(id), sessions.list(user)]);
    return show(members({ user, devices, own: session?.handle }));
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
  .get("/limited", async (event) => {
    const { userId: user } = await useSession(event, config);
    const decision = await useRateLimit(event, limit);
    if (!decision.allowed) return show(tooOften({ user, seconds: refuse(event, decision) }));
    return show(answer({ user, remaining: decision.remaining }));
  });

const server = serve(app, { port: Number(PORT ?? 3000), hostname: "localhost" });

process.once("SIGTERM", async () => {
  await server.close();
  await sessions.close();
});
