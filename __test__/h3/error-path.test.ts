import type { SessionConfig } from "ironkeep/h3";
import { clearSession, updateSession, useSession } from "ironkeep/h3";
import { isDeletion } from "./_cookies.ts";
import { describeMatrix } from "./_matrix.ts";
import { PASSWORD } from "./_passwords.ts";
import type { Seen } from "./_routes.ts";
import { sessionRoutes } from "./_routes.ts";
import { openSeal } from "./_seals.ts";

const config: SessionConfig = { password: PASSWORD };

describeMatrix("session cookies on error responses", (t, { it, expect }) => {
  const endings: Record<string, { status: number; end: () => unknown }> = {
    "a thrown 404": {
      status: 404,
      end: () => {
        throw t.httpError(404, "no such thing");
      },
    },
    "a thrown 401": {
      status: 401,
      end: () => {
        throw t.httpError(401, "wrong code");
      },
    },
    "an unhandled error": {
      status: 500,
      end: () => {
        throw new Error("a bug");
      },
    },
    "a returned Response with status 403": {
      status: 403,
      end: () => new Response("no", { status: 403 }),
    },
    "a returned Response with status 500": {
      status: 500,
      end: () => new Response("no", { status: 500 }),
    },
  };

  for (const [title, { status, end }] of Object.entries(endings)) {
    it(`${title} after an update carries the session`, async () => {
      t.route("/", async (event) => {
        await (await useSession(event, config)).update({ attempts: 1 });
        return end();
      });
      sessionRoutes(t, config);
      const browser = t.browser();
      const reply = await browser.request("/");
      expect(reply.status).toBe(status);
      expect(reply.cookieNames()).toEqual(["h3"]);
      const { payload } = await openSeal(reply.cookie("h3").value, PASSWORD);
      expect(payload.data).toEqual({ attempts: 1 });
      expect((await browser.request("/use")).json<Seen>().data).toEqual({ attempts: 1 });
    });

    it(`${title} after a clear carries the deletion`, async () => {
      t.route("/", async (event) => {
        await clearSession(event, config);
        return end();
      });
      const routes = sessionRoutes(t, config);
      routes.update = { user: "ada" };
      const browser = t.browser();
      await browser.request("/set");
      const reply = await browser.request("/");
      expect(reply.status).toBe(status);
      expect(isDeletion(reply.cookie("h3"))).toBe(true);
      expect(browser.jar.names).toEqual([]);
    });
  }

  it("a session started by useSession is on the error response too", async () => {
    const ids: (string | undefined)[] = [];
    t.route("/", async (event) => {
      ids.push((await useSession(event, config)).id);
      throw t.httpError(404, "no such thing");
    });
    sessionRoutes(t, config);
    const browser = t.browser();
    await browser.request("/");
    expect((await browser.request("/use")).json<Seen>().id).toBe(ids[0]);
  });

  it("only the last state is on it", async () => {
    t.route("/", async (event) => {
      const session = await useSession(event, config);
      await session.update({ a: 1 });
      await session.update({ b: 2 });
      throw t.httpError(404, "no such thing");
    });
    const reply = await t.request("/");
    expect(reply.cookieNames()).toEqual(["h3"]);
    const { payload } = await openSeal(reply.cookie("h3").value, PASSWORD);
    expect(payload.data).toEqual({ a: 1, b: 2 });
  });

  it("two sessions by name are both on it", async () => {
    t.route("/", async (event) => {
      await updateSession(event, config, { a: 1 });
      await updateSession(event, { ...config, name: "cart" }, { b: 2 });
      throw t.httpError(404, "no such thing");
    });
    const reply = await t.request("/");
    expect(reply.cookieNames().toSorted()).toEqual(["cart", "h3"]);
  });

  it("a clear in a middleware is on the 404 of a route that is not there", async () => {
    const routes = sessionRoutes(t, config);
    routes.update = { user: "ada" };
    let signOut = false;
    t.middleware(async (event) => {
      if (signOut) await clearSession(event, config);
    });
    const browser = t.browser();
    await browser.request("/set");
    signOut = true;
    const reply = await browser.request("/nowhere");
    expect(reply.status).toBe(404);
    expect(isDeletion(reply.cookie("h3"))).toBe(true);
  });

  it("a successful Response of the handler's own carries the cookie as well", async () => {
    t.route("/", async (event) => {
      await updateSession(event, config, { a: 1 });
      return new Response("fine", { headers: { "set-cookie": "own=1; Path=/" } });
    });
    const reply = await t.request("/");
    expect(reply.text).toBe("fine");
    expect(reply.cookieNames().toSorted()).toEqual(["h3", "own"]);
  });
});

describeMatrix(
  "errHeaders of h3 2",
  (t, { it, expect }) => {
    it("what the app staged there itself is kept", async () => {
      t.route("/", async (event) => {
        const staged = Reflect.get(event, "res") as { errHeaders: Headers };
        staged.errHeaders.append("set-cookie", "audit=1; Path=/");
        staged.errHeaders.append("set-cookie", "h3x=1; Path=/");
        staged.errHeaders.set("x-reason", "kept");
        await updateSession(event, config, { a: 1 });
        await updateSession(event, config, { b: 2 });
        throw t.httpError(404, "no such thing");
      });
      const reply = await t.request("/");
      expect(reply.headers.get("x-reason")).toBe("kept");
      expect(reply.cookieNames()).toEqual(["audit", "h3x", "h3"]);
    });

    it("cookies of the app that are not staged stay off the error, as in h3", async () => {
      t.route("/", async (event) => {
        t.setAppCookie(event, "theme", "dark");
        await updateSession(event, config, { a: 1 });
        throw t.httpError(404, "no such thing");
      });
      expect((await t.request("/")).cookieNames()).toEqual(["h3"]);
    });
  },
  2,
);
