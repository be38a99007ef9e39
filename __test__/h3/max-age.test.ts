import type { SessionConfig } from "ironkeep/h3";
import { sealSession, unsealSession, updateSession } from "ironkeep/h3";
import { vi } from "vitest";
import { CookieJar } from "./_jar.ts";
import type { Browser, MatrixContext } from "./_matrix.ts";
import { describeMatrix } from "./_matrix.ts";
import { PASSWORD } from "./_passwords.ts";
import type { Seen } from "./_routes.ts";
import { sessionRoutes } from "./_routes.ts";
import { makeSeal, openSeal } from "./_seals.ts";

const password = PASSWORD;
const config: SessionConfig = { password, maxAge: 100 };
const NOW = Date.UTC(2026, 0, 15, 12, 0, 0);

function at(seconds: number): void {
  vi.setSystemTime(NOW + seconds * 1000);
}

function stubbornBrowser(t: MatrixContext): Browser {
  return t.browser(new CookieJar({ keepsExpired: true }));
}

describeMatrix("maxAge, an absolute age", (t, { it, expect }) => {
  it("the session lives until it is older than maxAge, to the millisecond", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOW });
    sessionRoutes(t, config);
    const browser = stubbornBrowser(t);
    const { id } = (await browser.request("/use")).json<Seen>();
    at(99);
    expect((await browser.request("/use")).json<Seen>().id).toBe(id);
    at(100);
    expect((await browser.request("/use")).json<Seen>().id).toBe(id);
    vi.setSystemTime(NOW + 100_001);
    expect((await browser.request("/use")).json<Seen>().id).not.toBe(id);
  });

  it("a session that ended starts again empty, with a new age", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOW });
    const routes = sessionRoutes(t, config);
    routes.update = { user: "ada" };
    const browser = stubbornBrowser(t);
    await browser.request("/set");
    at(101);
    const reply = await browser.request("/use");
    expect(reply.json<Seen>().data).toEqual({});
    const { payload } = await openSeal(reply.cookie("h3").value, PASSWORD);
    expect(payload.createdAt).toBe(NOW + 101_000);
  });

  it("an update does not prolong it", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOW });
    const routes = sessionRoutes(t, config);
    routes.update = { a: 1 };
    const browser = stubbornBrowser(t);
    const { id } = (await browser.request("/use")).json<Seen>();
    at(90);
    expect((await browser.request("/set")).json<Seen>().id).toBe(id);
    at(101);
    expect((await browser.request("/use")).json<Seen>().id).not.toBe(id);
  });

  it("a browser drops the cookie by Expires at the same instant", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOW });
    sessionRoutes(t, config);
    const browser = t.browser();
    await browser.request("/use");
    at(99);
    expect(browser.jar.names).toEqual(["h3"]);
    at(100);
    expect(browser.jar.names).toEqual([]);
  });

  it("maxAge 0 is no limit and no Expires", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOW });
    sessionRoutes(t, { password, maxAge: 0 });
    const browser = stubbornBrowser(t);
    const first = await browser.request("/use");
    expect(first.cookie("h3").attributes.has("expires")).toBe(false);
    at(3650 * 86_400);
    expect((await browser.request("/use")).json<Seen>().id).toBe(first.json<Seen>().id);
  });

  it("cookie.maxAge alone is the browser's limit, not the server's", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOW });
    sessionRoutes(t, { password, cookie: { maxAge: 100 } });
    const browser = stubbornBrowser(t);
    const { id } = (await browser.request("/use")).json<Seen>();
    at(1000);
    expect((await browser.request("/use")).json<Seen>().id).toBe(id);
  });

  it("a session created in the future never ends early", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOW });
    sessionRoutes(t, config);
    const payload = { id: "future", createdAt: NOW + 3_600_000, data: {} };
    const sealed = await makeSeal(payload, PASSWORD, { generation: t.major });
    const reply = await t.request("/use", { headers: { cookie: `h3=${sealed}` } });
    expect(reply.json<Seen>().id).toBe("future");
  });

  it("a seal without createdAt is expired when there is a maxAge, and fine when not", async () => {
    t.route("/with", async (event) => {
      const sealed = await makeSeal({ id: "undated", data: {} }, PASSWORD, { generation: t.major });
      const limited = unsealSession(event, config, sealed);
      const outcome = await limited.then(String, (error: Error) => error.message);
      return { outcome, without: (await unsealSession(event, { password }, sealed)).id };
    });
    expect((await t.request("/with")).json()).toEqual({ outcome: "Session expired!", without: "undated" });
  });
});

describeMatrix("the errors of an old seal", (t, { it, expect }) => {
  interface Outcome {
    ok?: boolean;
    message?: string;
    code?: string;
  }

  function unsealRoute(unsealConfig: SessionConfig): { sealed: string } {
    const state = { sealed: "" };
    t.route("/seal", async (event) => {
      await updateSession(event, unsealConfig, { a: 1 });
      state.sealed = await sealSession(event, unsealConfig);
      return "ok";
    });
    t.route("/unseal", async (event) => {
      try {
        await unsealSession(event, unsealConfig, state.sealed);
        return { ok: true };
      } catch (error) {
        const { message, code } = error as Error & { code?: string };
        return { message, code };
      }
    });
    return state;
  }

  async function outcomeAt(seconds: number): Promise<Outcome> {
    at(seconds);
    return (await t.request("/unseal")).json<Outcome>();
  }

  it("past maxAge `Session expired!`, past the seal's ttl and skew `Expired seal`", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOW });
    unsealRoute(config);
    await t.request("/seal");
    expect(await outcomeAt(100)).toEqual({ ok: true });
    expect(await outcomeAt(101)).toEqual({ message: "Session expired!", code: "ERR_SEAL_EXPIRED" });
    expect(await outcomeAt(159)).toEqual({ message: "Session expired!", code: "ERR_SEAL_EXPIRED" });
    expect(await outcomeAt(161)).toEqual({ message: "Expired seal", code: "ERR_SEAL_EXPIRED" });
  });

  it("seal.ttl overrides the seal's own life, in milliseconds", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOW });
    const state = unsealRoute({ password, seal: { ttl: 5000 } as SessionConfig["seal"] & object });
    await t.request("/seal");
    expect((await openSeal(state.sealed, PASSWORD)).expiration).toBe(NOW + 5000);
    expect(await outcomeAt(64)).toEqual({ ok: true });
    expect(await outcomeAt(65)).toEqual({ message: "Expired seal", code: "ERR_SEAL_EXPIRED" });
  });

  it("the seal's ttl is counted from each seal", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOW });
    const routes = sessionRoutes(t, config);
    routes.update = { a: 1 };
    const browser = t.browser();
    await browser.request("/use");
    at(50);
    const reply = await browser.request("/set");
    const { expiration, payload } = await openSeal(reply.cookie("h3").value, PASSWORD);
    expect(expiration).toBe(NOW + 150_000);
    expect(payload.createdAt).toBe(NOW);
  });

  it("without maxAge and idleTimeout the seal has no expiry", async () => {
    sessionRoutes(t, { password });
    const reply = await t.request("/use");
    expect((await openSeal(reply.cookie("h3").value, PASSWORD)).expiration).toBeUndefined();
  });

  it("seal options are spread shallowly, as in h3: half an encryption is refused", async () => {
    const seal = { encryption: { iterations: 5 } } as unknown as NonNullable<SessionConfig["seal"]>;
    t.route("/", async (event) => {
      const updating = updateSession(event, { password, seal }, { a: 1 });
      return { outcome: await updating.then(String, (error: Error) => error.message) };
    });
    expect((await t.request("/")).json()).toEqual({ outcome: "Unknown algorithm: undefined" });
  });
});
