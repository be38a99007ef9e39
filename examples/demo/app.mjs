// The app: three routes on h3 2. `h3-v2` is h3 2 under the name that it has in this repository; an app writes "h3".
import { H3 } from "h3-v2";
import { useSession } from "ironkeep/h3";

import { cookieFacts } from "./cookie-facts.mjs";
import { page } from "./page.mjs";

const MAX_NAME = 60;

function redirectHome(event) {
  event.res.status = 303;
  event.res.headers.set("location", "/");
  return "";
}

function html(event, text) {
  event.res.headers.set("content-type", "text/html; charset=utf-8");
  event.res.headers.set(
    "content-security-policy",
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  );
  return text;
}

/** The demo, with sessions under `password`. */
export function createDemoApp(password) {
  const config = { password, maxAge: 7 * 24 * 3600, idleTimeout: 30 * 60 };

  async function home(event, problem) {
    const session = await useSession(event, config);
    await session.update(({ visits = 0 }) => ({ visits: visits + 1 }));
    const { user, visits } = session.data;
    return html(event, page({ name: user?.name, visits, cookie: await cookieFacts(event, config), problem }));
  }

  return new H3()
    .get("/", (event) => home(event))
    .post("/sign-in", async (event) => {
      const name = String((await event.req.formData()).get("name") ?? "").trim();
      if (name === "" || name.length > MAX_NAME) {
        event.res.status = 422;
        return home(event, `Give a name of 1 to ${MAX_NAME} characters.`);
      }
      const session = await useSession(event, config);
      // Whoever knew the session's id before the sign-in does not know the one after it.
      await session.regenerate({ userId: name });
      await session.update({ user: { name } });
      return redirectHome(event);
    })
    .post("/sign-out", async (event) => {
      const session = await useSession(event, config);
      await session.destroy();
      return redirectHome(event);
    });
}
