import type { SessionEvent } from "ironkeep/h3";
import { clearSession, useSession } from "ironkeep/nitro/runtime";
import { describe, expect, it } from "vitest";

import { CookieJar } from "../h3/_jar.ts";
import { type App, type AppEvent, appOfV1, appOfV2 } from "./_apps.ts";

type Event = SessionEvent & AppEvent;
type Seen = { id: string | undefined; data: Record<string, unknown> };
type Outer = (event: Event, app: App) => Promise<unknown>;

async function count(event: Event): Promise<Seen> {
  const session = await useSession<{ count?: number }>(event);
  await session.update(({ count: before = 0 }) => ({ count: before + 1 }));
  return { id: session.id, data: { ...session.data } };
}

/** An app whose `/outer` is this, and whose `/count` counts. */
async function serve(make: typeof appOfV1, outer: Outer): Promise<App> {
  const app: App = await make({ "/count": count, "/outer": (event: Event) => outer(event, app) });
  return app;
}

/** Somebody who has counted once. */
async function visitor(app: App): Promise<{ cookie: string; jar: CookieJar }> {
  const jar = new CookieJar();
  jar.store((await app.request("/count")).cookies);
  return { cookie: jar.header("/") ?? "", jar };
}

describe.each([
  ["h3 v1", appOfV1],
  ["h3 v2", appOfV2],
])("a sub-request on %s", (_name, make) => {
  it("with the context and the cookies is part of the request: one session, one cookie, on the outer response", async () => {
    const app = await serve(make, async (event, self) => {
      const mine = await useSession(event);
      const inner = await self.sub("/count", event.context, {});
      return { id: mine.id, inner: inner.body, innerCookies: inner.setCookies, data: (await useSession(event)).data };
    });
    const reply = await app.request("/outer");
    const seen = reply.json<{ id: string; inner: Seen; innerCookies: string[]; data: unknown }>();
    expect(seen.inner).toEqual({ id: seen.id, data: { count: 1 } });
    expect(seen.innerCookies).toEqual([]);
    expect(seen.data).toEqual({ count: 1 });
    expect(reply.cookieNames()).toEqual(["app"]);
    const jar = new CookieJar();
    jar.store(reply.cookies);
    const later = await app.request("/count", { headers: { cookie: jar.header("/") ?? "" } });
    expect(later.json()).toEqual({ id: seen.id, data: { count: 2 } });
  });

  it("that comes before the request looks at its session makes it, and nobody makes another", async () => {
    const app = await serve(make, async (event, self) => {
      const inner = await Promise.all([1, 2, 3].map(() => self.sub("/count", event.context, {})));
      return { inner: inner.map(({ body }) => (body as Seen).id), mine: (await useSession(event)).id };
    });
    const reply = await app.request("/outer");
    const { inner, mine } = reply.json<{ inner: string[]; mine: string }>();
    expect(new Set([...inner, mine]).size).toBe(1);
    expect(reply.cookieNames()).toEqual(["app"]);
  });

  it("within a sub-request is part of the first request", async () => {
    const app: App = await make({
      "/count": count,
      "/middle": async (event: Event) => (await app.sub("/count", event.context, {})).body,
      "/outer": async (event: Event) => [
        (await useSession(event)).id,
        (await app.sub("/middle", event.context, {})).body,
      ],
    });
    const reply = await app.request("/outer");
    const [id, inner] = reply.json<[string, Seen]>();
    expect(inner).toEqual({ id, data: { count: 1 } });
    expect(reply.cookieNames()).toEqual(["app"]);
  });

  it("sees that the request signed out", async () => {
    const app = await serve(make, async (event, self) => {
      await clearSession(event);
      return (await self.sub("/count", event.context, { cookie })).body;
    });
    const { cookie } = await visitor(app);
    const reply = await app.request("/outer", { headers: { cookie } });
    expect(reply.json<Seen>().data).toEqual({ count: 1 });
  });

  it("with the cookies of somebody else is a request of its own", async () => {
    const app = await serve(make, async (event, self) => {
      const mine = await useSession(event);
      const inner = await self.sub("/count", event.context, { cookie: bob.cookie });
      return { mine: mine.data, id: mine.id, inner: inner.body, innerCookies: inner.setCookies.length };
    });
    const [ada, bob] = [await visitor(app), await visitor(app)];
    const reply = await app.request("/outer", { headers: { cookie: ada.cookie } });
    const seen = reply.json<{ mine: unknown; id: string; inner: Seen; innerCookies: number }>();
    expect(seen.mine).toEqual({ count: 1 });
    expect(seen.inner.data).toEqual({ count: 2 });
    expect(seen.inner.id).not.toBe(seen.id);
    expect(seen.innerCookies).toBe(1);
    expect(reply.setCookies).toEqual([]);
  });

  it("with the session header of somebody else is his", async () => {
    const app = await serve(make, async (event, self) => {
      const inner = await self.sub("/count", event.context, {
        cookie: ada.cookie,
        "x-app-session": bob.jar.value("app"),
      });
      return { id: (await useSession(event)).id, inner: inner.body };
    });
    const [ada, bob] = [await visitor(app), await visitor(app)];
    const { id, inner } = (await app.request("/outer", { headers: { cookie: ada.cookie } })).json<{
      id: string;
      inner: Seen;
    }>();
    expect(inner.data).toEqual({ count: 2 });
    expect(inner.id).not.toBe(id);
  });

  it("without the context is a request of its own", async () => {
    const app = await serve(make, async (event, self) => {
      const mine = await useSession(event);
      return { id: mine.id, inner: (await self.sub("/count", {}, {})).body };
    });
    const { id, inner } = (await app.request("/outer")).json<{ id: string; inner: Seen }>();
    expect(inner.id).not.toBe(id);
  });
});

describe("a sub-request out of a cached handler", () => {
  it("of nitropack, which shares the context, sees nothing of the visitor", async () => {
    const app = await serve(appOfV1, async (event, self) => {
      const mine = await useSession(event);
      event.context["cache"] = { options: {} };
      return { id: mine.id, inner: (await self.sub("/count", event.context, {})).body };
    });
    const { id, inner } = (await app.request("/outer")).json<{ id: string; inner: Seen }>();
    expect(inner.id).not.toBe(id);
    expect(inner.data).toEqual({ count: 1 });
  });

  it("of Nitro 3, which narrows the request, has no session", async () => {
    const app = await serve(appOfV2, async (event, self) => {
      await useSession(event);
      const full = Reflect.get(event, "req") as Request;
      Object.assign(event, { req: new Request(full.url) });
      const inner = await self.sub("/count", event.context, {});
      Object.assign(event, { req: full });
      return inner;
    });
    expect((await app.request("/outer")).json()).toEqual({ body: { data: {} }, setCookies: [] });
  });

  it.each([
    ["h3 v1", appOfV1, (rules: object) => ({ _nitro: { routeRules: rules } })],
    ["h3 v2", appOfV2, (rules: object) => ({ routeRules: rules })],
  ])(
    "that the platform keeps has no session on %s, though the cookies are passed on",
    async (_name, make, contextOf) => {
      const app = await serve(make, async (event, self) => {
        Object.assign(event.context, contextOf({ isr: 60 }));
        return [await count(event), await self.sub("/count", event.context, { cookie })];
      });
      const { cookie } = await visitor(app);
      const reply = await app.request("/outer", { headers: { cookie } });
      expect(reply.json()).toEqual([{ data: {} }, { body: { data: {} }, setCookies: [] }]);
      expect(reply.setCookies).toEqual([]);
      expect((await app.request("/count", { headers: { cookie } })).json<Seen>().data).toEqual({ count: 2 });
    },
  );
});
