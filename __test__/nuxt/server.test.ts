import type { H3Event } from "h3-v1";
import { destroySession, useSession } from "ironkeep/nitro/runtime";
import { answerSignOut, answerUserSession, endUserSession, limitRoute, readUserSession } from "ironkeep/nuxt/server";
import { describe, expect, it } from "vitest";

import { cached } from "../h3/_cached.ts";
import { CookieJar } from "../h3/_jar.ts";
import { type App, appOfV1 } from "../nitro/_apps.ts";

const EXPOSED = ["cart"];
const DATA = { user: { name: "Ada" }, cart: [1], secret: "for the server" };

/** An app as the module makes one, with a page that is rendered and one that is cached. */
const routes = {
  "/sign-in": async (event: H3Event) => (await useSession(event)).update(DATA).then(() => "in"),
  "/page": async (event: H3Event) => (await readUserSession(event, EXPOSED)) ?? "the same for all",
  "/cached": cached(async (event) => (await readUserSession(event as H3Event, EXPOSED)) ?? "the same for all") as never,
  "/own-header": async (event: H3Event) => {
    event.node.res.setHeader("cache-control", "private, max-age=5");
    return readUserSession(event, EXPOSED);
  },
  "/limited": async (event: H3Event) => (await limitRoute(event, { name: "each test's own", quota: "2/1h" })) ?? "fine",
  "/developing": async (event: H3Event) =>
    (await limitRoute(event, { name: "while developing", quota: "1/1h", address: { trustedHops: 1 } }, true)) ?? "fine",
  "/for-users": async (event: H3Event) =>
    (await limitRoute(event, { name: "of users", quota: "1/1h", by: "user" })) ?? "fine",
  "/user": async (event: H3Event) =>
    (await useSession(event)).regenerate({ userId: String(event.path.split("=")[1]) }).then(() => "in"),
  "/end": async (event: H3Event) => endUserSession(event).then(() => "ended"),
  "/destroyed": async (event: H3Event) => destroySession(event).then(() => readUserSession(event, EXPOSED)),
  "/session": (event: H3Event) => {
    // As a rule of the app for all of its API does.
    event.node.res.setHeader("cache-control", "public, max-age=60");
    return event.method === "DELETE" ? answerSignOut(event) : answerUserSession(event, EXPOSED);
  },
};

async function signedIn(app: App): Promise<Record<string, string>> {
  const jar = new CookieJar();
  jar.store((await app.request("/sign-in")).cookies);
  return { cookie: jar.header("/") ?? "" };
}

describe("what the browser is told", () => {
  it("is the user, and what is exposed, and nothing else", async () => {
    const app = await appOfV1(routes);
    const headers = await signedIn(app);
    for (const path of ["/page", "/session", "/own-header"]) {
      const reply = await app.request(path, { headers });
      expect(reply.json()).toEqual({ user: { name: "Ada" }, cart: [1] });
      expect(reply.setCookies).toEqual([]);
    }
  });

  it("is kept by no cache, unless the app says how of a page", async () => {
    const app = await appOfV1(routes);
    const headers = await signedIn(app);
    const controls = ["/page", "/session", "/own-header"].map(async (path) =>
      (await app.request(path, { headers })).headers.get("cache-control"),
    );
    expect(await Promise.all(controls)).toEqual(["no-store", "no-store", "private, max-age=5"]);
  });

  it("is nothing for a visitor, who gets no cookie; his page may be kept, and his answer may not", async () => {
    const app = await appOfV1(routes);
    const [page, answer] = [await app.request("/page"), await app.request("/session")];
    for (const reply of [page, answer]) {
      expect(reply.json()).toEqual({});
      expect(reply.setCookies).toEqual([]);
    }
    expect(page.headers.get("cache-control")).toBeNull();
    expect(answer.headers.get("cache-control")).toBe("no-store");
  });

  it("is nothing that a cached page could hold", async () => {
    const app = await appOfV1(routes);
    const reply = await app.request("/cached", { headers: await signedIn(app) });
    expect(reply.text).toBe("the same for all");
    expect(reply.headers.get("cache-control")).toBeNull();
  });

  it("is what the request has made of the session", async () => {
    const app = await appOfV1(routes);
    expect((await app.request("/destroyed", { headers: await signedIn(app) })).json()).toEqual({});
  });
});

describe("a sign-out", () => {
  it("deletes the cookie, and is kept by no cache", async () => {
    const app = await appOfV1(routes);
    const reply = await app.request("/session", { method: "DELETE", headers: await signedIn(app) });
    expect(reply.json()).toEqual({});
    expect(reply.headers.get("cache-control")).toBe("no-store");
    expect(reply.cookie("app").value).toBe("");
    expect((await app.request("/end", { headers: await signedIn(app) })).cookie("app").value).toBe("");
  });

  it("of another site is refused, and deletes nothing", async () => {
    const app = await appOfV1(routes);
    const headers = { ...(await signedIn(app)), origin: "https://evil.example", "sec-fetch-site": "cross-site" };
    const reply = await app.request("/session", { method: "DELETE", headers });
    expect(reply.status).toBe(403);
    expect(reply.setCookies).toEqual([]);
  });
});

describe("a route with a limit", () => {
  it("refuses what is too much, and says when it is not", async () => {
    const app = await appOfV1(routes);
    expect((await app.request("/limited")).text).toBe("fine");
    expect((await app.request("/limited")).text).toBe("fine");
    const refused = await app.request("/limited");
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(1000);
    expect(refused.headers.get("cache-control")).toBe("no-store");
    expect(refused.headers.get("ratelimit-policy")).toContain(`"each test's own";q=2`);
  });

  it("is for all while the app is developed, where there is no address", async () => {
    const app = await appOfV1(routes);
    const from = (address: string): Promise<{ status: number }> =>
      app.request("/developing", { headers: { "x-forwarded-for": address } });
    expect((await from("192.0.2.1")).status).toBe(200);
    expect((await from("192.0.2.2")).status).toBe(429);
  });

  it("may count users, by the session of the app", async () => {
    const app = await appOfV1(routes);
    const cookieOf = async (user: string): Promise<Record<string, string>> => {
      const jar = new CookieJar();
      jar.store((await app.request(`/user?is=${user}`)).cookies);
      return { cookie: jar.header("/") ?? "" };
    };
    const [ada, bob] = [await cookieOf("ada"), await cookieOf("bob")];
    const statuses = [];
    for (const headers of [ada, bob, ada]) statuses.push((await app.request("/for-users", { headers })).status);
    expect(statuses).toEqual([200, 200, 429]);
  });
});
