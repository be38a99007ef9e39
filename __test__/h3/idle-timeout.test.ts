import type { SessionConfig } from "ironkeep/h3";
import { getSession, unsealSession, updateSession, useSession } from "ironkeep/h3";
import { vi } from "vitest";
import { expiresOf } from "./_cookies.ts";
import type { MatrixContext } from "./_matrix.ts";
import { describeMatrix } from "./_matrix.ts";
import { PASSWORD } from "./_passwords.ts";
import type { Seen } from "./_routes.ts";
import { sessionRoutes } from "./_routes.ts";
import { makeSeal, openSeal } from "./_seals.ts";

const password = PASSWORD;
const config: SessionConfig = { password, idleTimeout: 100 };
const NOW = Date.UTC(2026, 0, 15, 12, 0, 0);

function at(seconds: number): void {
  vi.setSystemTime(NOW + seconds * 1000);
}

async function cookieSealed(t: MatrixContext, fields: object): Promise<{ cookie: string }> {
  const payload = { id: "idle", createdAt: NOW, data: { a: 1 }, ...fields };
  return { cookie: `h3=${await makeSeal(payload, PASSWORD, { generation: t.major })}` };
}

describeMatrix("idleTimeout, a sliding age", (t, { it, expect }) => {
  it("up to half the window a read writes nothing, past it the cookie is sealed again", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOW });
    sessionRoutes(t, config);
    const browser = t.browser();
    const { id } = (await browser.request("/use")).json<Seen>();
    at(50);
    expect((await browser.request("/use")).setCookies).toEqual([]);
    at(51);
    const slid = await browser.request("/use");
    expect(slid.json<Seen>().id).toBe(id);
    expect(expiresOf(slid.cookie("h3"))).toBe(NOW + 151_000);
    const { payload } = await openSeal(slid.cookie("h3").value, PASSWORD);
    expect(payload).toMatchObject({ id, createdAt: NOW, lastSeenAt: NOW + 51_000 });
  });

  it("getSession slides too", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOW });
    sessionRoutes(t, config);
    const browser = t.browser();
    await browser.request("/use");
    at(60);
    expect((await browser.request("/get")).cookieNames()).toEqual(["h3"]);
  });

  it("several readers in one request slide once", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOW });
    sessionRoutes(t, config);
    t.middleware(async (event) => {
      await Promise.all([getSession(event, config), useSession(event, config)]);
    });
    const browser = t.browser();
    await browser.request("/use");
    at(60);
    expect((await browser.request("/use")).cookieNames()).toEqual(["h3"]);
  });

  it("an active user stays signed in as long as requests come", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOW });
    const routes = sessionRoutes(t, config);
    routes.update = { user: "ada" };
    const browser = t.browser();
    const { id } = (await browser.request("/set")).json<Seen>();
    for (let seconds = 80; seconds <= 800; seconds += 80) {
      at(seconds);
      const seen = (await browser.request("/use")).json<Seen>();
      expect(seen, `${seconds} s`).toEqual({ id, data: { user: "ada" } });
    }
  });

  it("an idle one is signed out, to the millisecond", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOW });
    sessionRoutes(t, config);
    const headers = await cookieSealed(t, { lastSeenAt: NOW });
    at(100);
    expect((await t.request("/get", { headers })).json<Seen>().id).toBe("idle");
    vi.setSystemTime(NOW + 100_001);
    const late = await t.request("/get", { headers });
    expect(late.json<Seen>().id).not.toBe("idle");
    expect(late.json<Seen>().data).toEqual({});
  });

  it("an update counts as activity", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOW });
    const routes = sessionRoutes(t, config);
    routes.update = { a: 1 };
    const browser = t.browser();
    const { id } = (await browser.request("/use")).json<Seen>();
    at(40);
    await browser.request("/set");
    at(120);
    expect((await browser.request("/use")).json<Seen>().id).toBe(id);
  });

  it("a seal without lastSeenAt is judged from createdAt", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOW });
    sessionRoutes(t, config);
    const headers = await cookieSealed(t, {});
    at(40);
    const early = await t.request("/get", { headers });
    expect(early.json<Seen>().id).toBe("idle");
    expect(early.setCookies).toEqual([]);
    at(60);
    const slid = await t.request("/get", { headers });
    const { payload } = await openSeal(slid.cookie("h3").value, PASSWORD);
    expect(payload.lastSeenAt).toBe(NOW + 60_000);
    at(101);
    expect((await t.request("/get", { headers })).json<Seen>().id).not.toBe("idle");
  });

  it("sliding does not pass maxAge", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOW });
    sessionRoutes(t, { password, idleTimeout: 100, maxAge: 150 });
    const browser = t.browser();
    const { id } = (await browser.request("/use")).json<Seen>();
    at(90);
    const slid = await browser.request("/use");
    expect(slid.json<Seen>().id).toBe(id);
    expect(expiresOf(slid.cookie("h3"))).toBe(NOW + 150_000);
    const headers = { cookie: `h3=${slid.cookie("h3").value}` };
    at(150);
    expect((await t.request("/use", { headers })).json<Seen>().id).toBe(id);
    at(151);
    expect((await t.request("/use", { headers })).json<Seen>().id).not.toBe(id);
  });

  it("the seal's ttl is maxAge if given, else idleTimeout", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOW });
    t.route("/idle", async (event) => {
      await updateSession(event, { ...config, name: "idle" });
      await updateSession(event, { ...config, maxAge: 500, name: "both" });
      return "ok";
    });
    const reply = await t.request("/idle");
    expect((await openSeal(reply.cookie("idle").value, PASSWORD)).expiration).toBe(NOW + 100_000);
    expect((await openSeal(reply.cookie("both").value, PASSWORD)).expiration).toBe(NOW + 500_000);
  });

  it("unsealSession says `Session expired!` for an idle one, and does not slide", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOW });
    t.route("/", async (event) => {
      const payload = { id: "idle", createdAt: NOW - 60_000, lastSeenAt: NOW, data: {} };
      const sealed = await makeSeal(payload, PASSWORD, { generation: t.major });
      at(90);
      const alive = await unsealSession(event, config, sealed);
      at(101);
      const ended = unsealSession(event, config, sealed);
      return { id: alive.id, ended: await ended.then(String, (error: Error) => error.message) };
    });
    const reply = await t.request("/");
    expect(reply.json()).toEqual({ id: "idle", ended: "Session expired!" });
    expect(reply.setCookies).toEqual([]);
  });
});
