import type { SessionConfig } from "ironkeep/h3";
import { sealSession, updateSession } from "ironkeep/h3";
import { vi } from "vitest";
import type { MatrixContext } from "./_matrix.ts";
import { describeMatrix } from "./_matrix.ts";
import { OTHER_PASSWORD, PASSWORD } from "./_passwords.ts";
import type { Seen } from "./_routes.ts";
import { sessionRoutes } from "./_routes.ts";
import { makeSeal } from "./_seals.ts";
import { randomText } from "./_text.ts";

const config: SessionConfig = { password: PASSWORD };
const NOW = Date.UTC(2026, 0, 15, 12, 0, 0);

/** A seal of the generation that the event's major writes, so that no re-seal is due. */
function sealFor(t: MatrixContext, id: string, extra: object = {}): Promise<string> {
  const payload = { id, createdAt: Date.now(), data: { from: id }, ...extra };
  return makeSeal(payload, PASSWORD, { generation: t.major });
}

describeMatrix("the session header", (t, { it, expect }) => {
  it("x-h3-session carries a session, and reading it sets no cookie", async () => {
    sessionRoutes(t, config);
    const sealed = await sealFor(t, "in-header");
    const reply = await t.request("/use", { headers: { "x-h3-session": sealed } });
    expect(reply.json<Seen>()).toEqual({ id: "in-header", data: { from: "in-header" } });
    expect(reply.setCookies).toEqual([]);
  });

  it("what sealSession gives can be sent in it", async () => {
    t.route("/token", async (event) => {
      await updateSession(event, { ...config, cookie: false }, { a: 1 });
      return { token: await sealSession(event, { ...config, cookie: false }) };
    });
    sessionRoutes(t, config);
    const issued = await t.request("/token");
    expect(issued.setCookies).toEqual([]);
    const { token } = issued.json<{ token: string }>();
    const reply = await t.request("/use", { headers: { "x-h3-session": token } });
    expect(reply.json<Seen>().data).toEqual({ a: 1 });
  });

  it("its name follows the session's name, in lower case", async () => {
    sessionRoutes(t, { ...config, name: "MyApp" });
    const sealed = await sealFor(t, "named");
    const found = await t.request("/use", { headers: { "X-MyApp-Session": sealed } });
    expect(found.json<Seen>().id).toBe("named");
    const missed = await t.request("/use", { headers: { "x-h3-session": sealed } });
    expect(missed.json<Seen>().id).not.toBe("named");
  });

  it("sessionHeader names another one, in any case", async () => {
    sessionRoutes(t, { ...config, sessionHeader: "X-CUSTOM-Token" });
    const sealed = await sealFor(t, "custom");
    const found = await t.request("/use", { headers: { "x-custom-token": sealed } });
    expect(found.json<Seen>().id).toBe("custom");
    const missed = await t.request("/use", { headers: { "x-h3-session": sealed } });
    expect(missed.json<Seen>().id).not.toBe("custom");
  });

  it("sessionHeader false turns it off", async () => {
    sessionRoutes(t, { ...config, sessionHeader: false });
    const sealed = await sealFor(t, "ignored");
    const reply = await t.request("/use", { headers: { "x-h3-session": sealed } });
    expect(reply.json<Seen>().id).not.toBe("ignored");
  });

  it("a valid header wins over a valid cookie", async () => {
    sessionRoutes(t, config);
    const headers = {
      cookie: `h3=${await sealFor(t, "in-cookie")}`,
      "x-h3-session": await sealFor(t, "in-header"),
    };
    const reply = await t.request("/use", { headers });
    expect(reply.json<Seen>().id).toBe("in-header");
    expect(reply.setCookies).toEqual([]);
  });

  it("an empty header is no header", async () => {
    sessionRoutes(t, config);
    const headers = { cookie: `h3=${await sealFor(t, "in-cookie")}`, "x-h3-session": "" };
    const reply = await t.request("/use", { headers });
    expect(reply.json<Seen>().id).toBe("in-cookie");
  });

  it("an update writes a cookie, as in h3", async () => {
    const routes = sessionRoutes(t, config);
    routes.update = { b: 2 };
    const sealed = await sealFor(t, "in-header");
    const browser = t.browser();
    await browser.request("/set", { headers: { "x-h3-session": sealed } });
    const reply = await browser.request("/use");
    expect(reply.json<Seen>()).toEqual({ id: "in-header", data: { from: "in-header", b: 2 } });
  });
});

describeMatrix("an invalid session header falls back to the cookie", (t, { it, expect }) => {
  const invalid: Record<string, () => Promise<string>> = {
    junk: async () => "not-a-seal",
    "another password": () => makeSeal({ id: "x", createdAt: 1, data: {} }, OTHER_PASSWORD),
    expired: () => makeSeal({ id: "x", createdAt: 1, data: {} }, PASSWORD, { ttl: -120_000 }),
    "a seal without a session": () => makeSeal(null, PASSWORD),
  };
  for (const [title, make] of Object.entries(invalid)) {
    it(`${title}: the cookie is read, and not overwritten`, async () => {
      sessionRoutes(t, config);
      const headers = { cookie: `h3=${await sealFor(t, "in-cookie")}`, "x-h3-session": await make() };
      for (const path of ["/use", "/get"]) {
        const reply = await t.request(path, { headers });
        expect(reply.json<Seen>(), path).toEqual({ id: "in-cookie", data: { from: "in-cookie" } });
        expect(reply.setCookies, path).toEqual([]);
      }
    });
  }

  it("the cookie may be chunked", async () => {
    const routes = sessionRoutes(t, config);
    routes.update = { text: randomText(5000) };
    const browser = t.browser();
    const set = await browser.request("/set");
    const reply = await browser.request("/use", { headers: { "x-h3-session": "junk" } });
    expect(reply.json<Seen>()).toEqual(set.json<Seen>());
  });

  it("with an invalid cookie too there is a new session", async () => {
    sessionRoutes(t, config);
    const reply = await t.request("/use", { headers: { cookie: "h3=junk", "x-h3-session": "junk" } });
    expect(reply.status).toBe(200);
    expect(reply.json<Seen>().data).toEqual({});
    expect(reply.cookie("h3").value).toMatch(/^Fe26\.2\*/);
  });

  it("an update then goes on from the cookie's session", async () => {
    const routes = sessionRoutes(t, config);
    routes.update = { b: 2 };
    const headers = { cookie: `h3=${await sealFor(t, "in-cookie")}`, "x-h3-session": "junk" };
    const reply = await t.request("/set", { headers });
    expect(reply.json<Seen>()).toEqual({ id: "in-cookie", data: { from: "in-cookie", b: 2 } });
  });
});

describeMatrix("a session from the header is never re-sealed by a read", (t, { it, expect }) => {
  it("it does not slide, and ends idleTimeout after its seal", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOW });
    sessionRoutes(t, { ...config, idleTimeout: 100 });
    const sealed = await sealFor(t, "idle", { lastSeenAt: NOW });
    const headers = { "x-h3-session": sealed };
    vi.setSystemTime(NOW + 90_000);
    const late = await t.request("/use", { headers });
    expect(late.json<Seen>().id).toBe("idle");
    expect(late.setCookies).toEqual([]);
    vi.setSystemTime(NOW + 101_000);
    expect((await t.request("/use", { headers })).json<Seen>().id).not.toBe("idle");
  });

  it("a seal of the older generation sets no cookie", async () => {
    sessionRoutes(t, { ...config, generation: 2 });
    const payload = { id: "old", createdAt: Date.now(), data: {} };
    const sealed = await makeSeal(payload, PASSWORD, { generation: 1 });
    const reply = await t.request("/use", { headers: { "x-h3-session": sealed } });
    expect(reply.json<Seen>().id).toBe("old");
    expect(reply.setCookies).toEqual([]);
  });
});
