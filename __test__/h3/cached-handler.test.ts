import type { SessionConfig } from "ironkeep/h3";
import { clearSession, getSession, updateSession, useSession } from "ironkeep/h3";
import { cached, isMarkedAsCached } from "./_cached.ts";
import type { Browser, MatrixContext } from "./_matrix.ts";
import { describeMatrix } from "./_matrix.ts";
import { PASSWORD } from "./_passwords.ts";
import type { Seen } from "./_routes.ts";
import { seen, sessionRoutes } from "./_routes.ts";
import { captureWarnings } from "./_warnings.ts";

const config: SessionConfig = { password: PASSWORD };

/** A browser that is signed in; every later request's session is opened by a middleware first. */
async function signedIn(t: MatrixContext): Promise<Browser & { id: string }> {
  const routes = sessionRoutes(t, config);
  routes.update = { user: "ada" };
  t.middleware(async (event) => {
    await useSession(event, config);
  });
  const browser = t.browser();
  const { id = "" } = (await browser.request("/set")).json<Seen>();
  return { ...browser, id };
}

describeMatrix("inside a cached handler", (t, { it, expect }) => {
  for (const [name, read] of [
    ["useSession", useSession],
    ["getSession", getSession],
  ] as const) {
    it(`${name} gives an empty session: no data, no id, no cookie`, async () => {
      captureWarnings();
      t.route(
        "/cached",
        cached(async (event) => seen(await read(event, config))),
      );
      const browser = await signedIn(t);
      const reply = await browser.request("/cached");
      expect(reply.status).toBe(200);
      const { id, data } = reply.json<Seen>();
      expect(data).toEqual({});
      expect(id ?? "").toBe("");
      expect(reply.setCookies).toEqual([]);
    });
  }

  it("an update is dropped: no cookie, and the stored session is as it was", async () => {
    captureWarnings();
    t.route(
      "/cached",
      cached(async (event) => {
        await updateSession(event, config, { leaked: true });
        await (await useSession(event, config)).update({ leaked: true });
        return "cached";
      }),
    );
    const browser = await signedIn(t);
    const reply = await browser.request("/cached");
    expect(reply.text).toBe("cached");
    expect(reply.setCookies).toEqual([]);
    expect((await browser.request("/use")).json<Seen>()).toEqual({
      id: browser.id,
      data: { user: "ada" },
    });
  });

  it("a clear is dropped: nobody is signed out", async () => {
    captureWarnings();
    t.route(
      "/cached",
      cached(async (event) => {
        await clearSession(event, config);
        await (await useSession(event, config)).clear();
        return "cached";
      }),
    );
    const browser = await signedIn(t);
    const reply = await browser.request("/cached");
    expect(reply.setCookies).toEqual([]);
    expect((await browser.request("/use")).json<Seen>().id).toBe(browser.id);
  });

  it("what the outer event mirrors on the context is left as it was", async () => {
    captureWarnings();
    const mirrored: unknown[] = [];
    t.route("/cached", async (event) => {
      const copy = (): unknown => {
        const session = event.context.sessions?.["h3"];
        return { id: session?.id, data: { ...session?.data } };
      };
      mirrored.push(copy());
      const body = await cached(async (inner) => {
        await updateSession(inner, config, { leaked: true });
        await clearSession(inner, config);
        return "cached";
      })(event);
      mirrored.push(copy());
      return body;
    });
    const browser = await signedIn(t);
    await browser.request("/cached");
    expect(mirrored).toEqual([
      { id: browser.id, data: { user: "ada" } },
      { id: browser.id, data: { user: "ada" } },
    ]);
  });

  it("a new session that a middleware started keeps its cookie, and only that", async () => {
    captureWarnings();
    t.middleware(async (event) => {
      await useSession(event, config);
    });
    t.route(
      "/cached",
      cached(async (event) => seen(await useSession(event, config))),
    );
    const reply = await t.request("/cached");
    expect(reply.json<Seen>().data).toEqual({});
    expect(reply.cookieNames()).toEqual(["h3"]);
  });

  it("a dropped write warns once for a route", async () => {
    const warnings = captureWarnings();
    const path = `/cached-${t.major}-${t.target.replace(" ", "-")}`;
    t.route(
      path,
      cached(async (event) => {
        await updateSession(event, config, { a: 1 });
        await updateSession(event, config, { b: 2 });
        return "cached";
      }),
    );
    const browser = await signedIn(t);
    warnings.length = 0;
    for (let i = 0; i < 3; i += 1) await browser.request(path);
    expect(warnings).toHaveLength(1);
    expect(warnings.join("\n")).not.toContain(PASSWORD);
    expect(warnings.join("\n")).not.toContain(browser.id);
  });
});

describeMatrix(
  "around a cached handler of nitropack",
  (t, { it, expect }) => {
    it("the outer event goes on with its own session, though its context stays marked", async () => {
      captureWarnings();
      t.route("/cached", async (event) => {
        await cached(async (inner) => seen(await useSession(inner, config)))(event);
        expect(isMarkedAsCached(event)).toBe(true);
        const session = await useSession(event, config);
        await session.update({ after: true });
        return seen(session);
      });
      const browser = await signedIn(t);
      const reply = await browser.request("/cached");
      const expected = { id: browser.id, data: { user: "ada", after: true } };
      expect(reply.json<Seen>()).toEqual(expected);
      expect(reply.cookieNames()).toEqual(["h3"]);
      expect((await browser.request("/use")).json<Seen>()).toEqual(expected);
    });

    it("without any session outside, none is made on the shared context", async () => {
      captureWarnings();
      const entries: unknown[] = [];
      t.route("/cached", async (event) => {
        const body = await cached(async (inner) => seen(await useSession(inner, config)))(event);
        entries.push(event.context.sessions?.["h3"]);
        return body;
      });
      const reply = await t.request("/cached");
      expect(reply.json<Seen>().data).toEqual({});
      expect(reply.setCookies).toEqual([]);
      expect(entries).toEqual([undefined]);
    });
  },
  1,
);
