import { clearSession, getSession, type SessionConfig, updateSession, useSession } from "ironkeep/h3";
import { describeMatrix } from "../h3/_matrix.ts";
import { faulty, MapStore, PASSWORD } from "./_stores.ts";

describeMatrix("a stored session", (t, { it, expect }) => {
  const setup = (more: Partial<SessionConfig> = {}) => {
    const store = faulty(new MapStore());
    const config: SessionConfig = { password: PASSWORD, store, ...more };
    t.route("/read", async (event) => {
      const { id, data, userId } = await useSession(event, config);
      return { id, data, userId };
    });
    t.route("/visit", async (event) => {
      const session = await useSession(event, config);
      await session.update((data) => ({ visits: Number(data["visits"] ?? 0) + 1 }));
      return { id: session.id, data: session.data };
    });
    t.route("/sign-in", async (event) => {
      const session = await useSession(event, config);
      await session.regenerate({ userId: "ada", label: "laptop" });
      return { id: session.id, userId: session.userId, data: session.data };
    });
    t.route("/sign-out", async (event) => {
      const session = await useSession(event, config);
      await session.clear();
      return { id: session.id ?? null };
    });
    return { store, config };
  };

  it("is not begun by a visitor who is only looked at", async () => {
    const { store } = setup();
    const reply = await t.request("/read");
    expect(reply.cookieNames()).toEqual([]);
    expect(reply.json<{ data: object }>().data).toEqual({});
    expect(store.calls).toEqual([]);
  });

  it("has its data in the store, and a signed id in the cookie", async () => {
    const { store } = setup();
    const browser = t.browser();
    const first = await browser.request("/visit");
    const { value } = first.cookie("h3");
    const { id } = first.json<{ id: string }>();
    expect(value).toMatch(new RegExp(`^0\\.${id}\\.[\\w-]{22}$`));
    const second = await browser.request("/visit");
    expect(second.json<{ data: object }>().data).toEqual({ visits: 2 });
    expect(second.cookieNames()).toEqual([]);
    store.calls.length = 0;
    expect((await browser.request("/read")).json()).toMatchObject({ id, data: { visits: 2 } });
    expect(store.calls).toEqual(["load"]);
  });

  it("loses no update of parallel requests", async () => {
    setup();
    const browser = t.browser();
    await browser.request("/visit");
    await Promise.all(Array.from({ length: 8 }, () => browser.request("/visit")));
    expect((await browser.request("/read")).json()).toMatchObject({ data: { visits: 9 } });
  });

  it("gets a new id at sign-in, and the old one ends", async () => {
    setup();
    const browser = t.browser();
    await browser.request("/visit");
    const old = t.browser(browser.jar.clone());
    const signedIn = (await browser.request("/sign-in")).json<{ id: string }>();
    expect((await browser.request("/read")).json()).toMatchObject({
      id: signedIn.id,
      userId: "ada",
      data: { visits: 1 },
    });
    const late = await old.request("/read");
    expect(late.json<{ data: object }>().data).toEqual({});
    expect(late.cookieNames()).toEqual([]);
    const write = await old.request("/visit");
    expect(write.status).toBe(401);
    expect(write.cookieNames()).toEqual([]);
  });

  it("is over after a sign-out, for every copy of the cookie", async () => {
    setup();
    const browser = t.browser();
    await browser.request("/visit");
    const copy = t.browser(browser.jar.clone());
    await browser.request("/sign-out");
    expect(browser.jar.names).toEqual([]);
    expect((await copy.request("/read")).json<{ data: object }>().data).toEqual({});
  });

  it("begins anew after a clear in the same request", async () => {
    const { config } = setup();
    t.route("/switch", async (event) => {
      await clearSession(event, config);
      await updateSession(event, config, { fresh: true });
      return (await getSession(event, config)).data;
    });
    const browser = t.browser();
    await browser.request("/visit");
    expect((await browser.request("/switch")).json()).toEqual({ fresh: true });
    expect((await browser.request("/read")).json()).toMatchObject({ data: { fresh: true } });
  });

  for (const fault of ["hangs", "throws"] as const) {
    it(`is neither lost nor begun by a store that ${fault}`, async () => {
      const { store } = setup({ deadline: 20 });
      const browser = t.browser();
      await browser.request("/visit");
      const before = browser.jar.names;
      store.fault = fault;
      for (const path of ["/read", "/visit", "/sign-in", "/sign-out"]) {
        const reply = await browser.request(path);
        expect([path, reply.status]).toEqual([path, 503]);
        expect(reply.headers.get("retry-after")).toBe("1");
        expect(reply.cookieNames()).toEqual([]);
      }
      store.fault = undefined;
      expect(browser.jar.names).toEqual(before);
      expect((await browser.request("/read")).json()).toMatchObject({ data: { visits: 1 } });
    });
  }

  it("takes sealed sessions over, and signs nobody out", async () => {
    const sealed: SessionConfig = { password: PASSWORD };
    t.route("/sealed", async (event) => (await updateSession(event, sealed, { theme: "dark" })).data);
    setup({ migrate: { until: Date.now() + 60_000 } });
    const browser = t.browser();
    await browser.request("/sealed");
    const copies = [t.browser(browser.jar.clone()), t.browser(browser.jar.clone())];
    const ids = await Promise.all(
      [browser, ...copies].map(async (one) => (await one.request("/read")).json<{ id: string; data: object }>()),
    );
    expect(new Set(ids.map(({ id }) => id)).size).toBe(1);
    expect(ids[0]?.data).toEqual({ theme: "dark" });
    await browser.request("/sign-out");
    expect((await copies[0]?.request("/read"))?.json<{ data: object }>().data).toEqual({});
  });
});
