import { getSession, useSession } from "ironkeep/h3";
import { vi } from "vitest";
import { CookieJar } from "../h3/_jar.ts";
import { describeMatrix } from "../h3/_matrix.ts";
import { read, setup } from "./_routes.ts";

const NOW = Date.UTC(2026, 0, 15, 12);
const at = (seconds: number): void => void vi.setSystemTime(NOW + seconds * 1000);

describeMatrix("how long a stored session lives", (t, { it, expect }) => {
  const begin = async (more: Parameters<typeof setup>[1]) => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOW });
    const app = setup(t, more);
    // The server alone judges ages.
    const browser = t.browser(new CookieJar({ keepsExpired: true }));
    await browser.request("/visit");
    app.store.calls.length = 0;
    return { ...app, browser };
  };

  it("is touched once a request, and not before a tenth of the idle time has passed", async () => {
    const { store, config, browser } = await begin({ idleTimeout: 100 });
    t.route("/busy", async (event) => {
      await Promise.all([getSession(event, config), useSession(event, config), useSession(event, config)]);
      return (await getSession(event, config)).data;
    });
    at(9);
    await browser.request("/busy");
    expect(store.calls).toEqual(["load"]);
    at(10);
    const reply = await browser.request("/busy");
    expect(store.calls).toEqual(["load", "load", "touch"]);
    expect(reply.setCookies).toEqual([]);
    at(19);
    await browser.request("/busy");
    expect(store.calls).toEqual(["load", "load", "touch", "load"]);
  });

  it("is not touched without an idle time", async () => {
    const { store, browser } = await begin({ maxAge: 100 });
    at(50);
    await browser.request("/read");
    expect(store.calls).toEqual(["load"]);
  });

  it("ends when nobody came for the idle time", async () => {
    const { browser } = await begin({ idleTimeout: 100 });
    for (const seconds of [90, 180, 270]) {
      at(seconds);
      expect(await read(browser)).toMatchObject({ data: { visits: 1 } });
    }
    at(370);
    const reply = await browser.request("/read");
    expect([reply.json(), reply.setCookies]).toEqual([{ data: {} }, []]);
  });

  it("ends at its age, however active, and a write begins another", async () => {
    const { browser } = await begin({ maxAge: 100, idleTimeout: 60 });
    const { id } = await read(browser);
    for (const seconds of [50, 99]) {
      at(seconds);
      await browser.request("/visit");
    }
    expect(await read(browser)).toMatchObject({ id, data: { visits: 3 } });
    at(100);
    const reply = await browser.request("/read");
    expect([reply.json(), reply.setCookies]).toEqual([{ data: {} }, []]);
    const fresh = await browser.request("/visit");
    expect(fresh.cookieNames()).toEqual(["h3"]);
    expect(fresh.json()).toMatchObject({ data: { visits: 1 } });
    expect(fresh.json<{ id: string }>().id).not.toBe(id);
  });

  it("is begun again by touch, when it is asked for", async () => {
    const { store, config, browser } = await begin({ idleTimeout: 100 });
    t.route("/touch", async (event) => {
      const session = await useSession(event, config);
      await session.touch();
      return "done";
    });
    at(5);
    await browser.request("/touch");
    expect(store.calls).toEqual(["load", "touch"]);
    at(104);
    expect(await read(browser)).toMatchObject({ data: { visits: 1 } });
  });

  it("is whole after a sign-in, and what is left of it after a new id alone", async () => {
    const { config, browser } = await begin({ maxAge: 100 });
    t.route("/new-id", async (event) => {
      const session = await useSession(event, config);
      await session.regenerate();
      return "done";
    });
    at(60);
    await browser.request("/new-id");
    at(90);
    expect(await read(browser)).toMatchObject({ data: { visits: 1 } });
    await browser.request("/sign-in");
    at(189);
    expect(await read(browser)).toMatchObject({ userId: "ada" });
    at(190);
    expect(await read(browser)).toEqual({ data: {} });
  });
});
