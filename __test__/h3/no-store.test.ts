import type { SessionConfig } from "ironkeep/h3";
import { getSession, updateSession, useSession } from "ironkeep/h3";
import { vi } from "vitest";
import { describeMatrix } from "./_matrix.ts";
import { PASSWORD } from "./_passwords.ts";
import { sessionRoutes } from "./_routes.ts";

const config: SessionConfig = { password: PASSWORD };
const NOW = Date.UTC(2026, 0, 15, 12, 0, 0);

describeMatrix("Cache-Control of a response with a session cookie", (t, { it, expect }) => {
  it("is no-store for a new session, an update and a clear", async () => {
    const routes = sessionRoutes(t, config);
    routes.update = { a: 1 };
    const browser = t.browser();
    for (const path of ["/use", "/set", "/clear"]) {
      const reply = await browser.request(path);
      expect(reply.setCookies, path).not.toEqual([]);
      expect(reply.headers.get("cache-control"), path).toBe("no-store");
    }
  });

  it("is no-store for a slide", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOW });
    sessionRoutes(t, { ...config, idleTimeout: 100 });
    const browser = t.browser();
    await browser.request("/use");
    vi.setSystemTime(NOW + 60_000);
    const reply = await browser.request("/get");
    expect(reply.cookieNames()).toEqual(["h3"]);
    expect(reply.headers.get("cache-control")).toBe("no-store");
  });

  it("is left alone when no cookie is set", async () => {
    const routes = sessionRoutes(t, config);
    t.route("/silent", async (event) => {
      await updateSession(event, { ...config, cookie: false }, { a: 1 });
      return "ok";
    });
    const browser = t.browser();
    routes.update = { a: 1 };
    await browser.request("/set");
    for (const path of ["/use", "/get", "/silent"]) {
      const reply = await browser.request(path);
      expect(reply.setCookies, path).toEqual([]);
      expect(reply.headers.get("cache-control"), path).toBeNull();
    }
  });

  it("is left alone for getSession of an anonymous user", async () => {
    sessionRoutes(t, config);
    expect((await t.request("/get")).headers.get("cache-control")).toBeNull();
  });

  it("is the app's own when it was set before", async () => {
    t.route("/", async (event) => {
      t.setHeader(event, "cache-control", "private, max-age=5");
      return { id: (await useSession(event, config)).id };
    });
    const reply = await t.request("/");
    expect(reply.cookieNames()).toEqual(["h3"]);
    expect(reply.headers.get("cache-control")).toBe("private, max-age=5");
  });

  it("is the app's own when it is set afterwards", async () => {
    t.route("/", async (event) => {
      await updateSession(event, config, { a: 1 });
      t.setHeader(event, "cache-control", "no-cache");
      return "ok";
    });
    expect((await t.request("/")).headers.get("cache-control")).toBe("no-cache");
  });

  it("is no-store on an error response that carries the cookie", async () => {
    t.route("/", async (event) => {
      await updateSession(event, config, { a: 1 });
      throw t.httpError(404, "no such thing");
    });
    const reply = await t.request("/");
    expect(reply.status).toBe(404);
    expect(reply.cookieNames()).toEqual(["h3"]);
    expect(reply.headers.get("cache-control")).toBe("no-store");
  });
});

describeMatrix("nothing is written when nothing changed", (t, { it, expect }) => {
  it("reads of an existing session set no cookie, however many", async () => {
    t.route("/", async (event) => {
      for (const read of [getSession, useSession, getSession]) await read(event, config);
      await Promise.all([useSession(event, config), getSession(event, config)]);
      return { id: (await useSession(event, config)).id };
    });
    const routes = sessionRoutes(t, config);
    routes.update = { a: 1 };
    const browser = t.browser();
    await browser.request("/set");
    const reply = await browser.request("/");
    expect(reply.json()).toHaveProperty("id");
    expect(reply.setCookies).toEqual([]);
  });

  it("nor does a change in place that was never saved", async () => {
    t.route("/", async (event) => {
      const session = await useSession<Record<string, unknown>>(event, config);
      session.data["unsaved"] = true;
      return "ok";
    });
    const routes = sessionRoutes(t, config);
    routes.update = { a: 1 };
    const browser = t.browser();
    await browser.request("/set");
    expect((await browser.request("/")).setCookies).toEqual([]);
    expect((await browser.request("/use")).json()).toMatchObject({ data: { a: 1 } });
  });

  it("a cookie that no session can be read from is not touched by getSession", async () => {
    sessionRoutes(t, config);
    const reply = await t.request("/get", { headers: { cookie: "h3=junk" } });
    expect(reply.status).toBe(200);
    expect(reply.setCookies).toEqual([]);
  });
});
