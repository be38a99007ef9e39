import { updateSession } from "ironkeep/h3";
import { vi } from "vitest";
import { expiresOf, isDeletion } from "../h3/_cookies.ts";
import { describeMatrix } from "../h3/_matrix.ts";
import { makeSeal } from "../h3/_seals.ts";
import { setup, visitor } from "./_routes.ts";
import { PASSWORD } from "./_stores.ts";

const NOW = Date.UTC(2026, 0, 15, 12);

describeMatrix("the cookie of a stored session", (t, { it, expect }) => {
  it("has h3's attributes, and ends with the session", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOW });
    setup(t, { maxAge: 100, idleTimeout: 10 });
    const reply = await t.request("/visit");
    const cookie = reply.cookie("h3");
    expect([...cookie.attributes.keys()].toSorted()).toEqual(["expires", "httponly", "path", "samesite", "secure"]);
    expect(cookie.attributes.get("samesite")).toBe("Lax");
    // The idle time is the store's to judge: the cookie is not set again for it.
    expect(expiresOf(cookie)).toBe(NOW + 100_000);
  });

  it("lasts as long as the browser is open without an age", async () => {
    setup(t);
    expect(expiresOf((await t.request("/visit")).cookie("h3"))).toBeUndefined();
  });

  it("has the configuration's attributes and name, also when it is deleted", async () => {
    setup(t, { name: "__Host-id", cookie: { sameSite: "strict" } });
    const browser = t.browser();
    const set = (await browser.request("/visit")).cookie("__Host-id");
    expect(set.attributes.get("samesite")).toBe("Strict");
    const deleted = (await browser.request("/sign-out")).cookie("__Host-id");
    expect(isDeletion(deleted)).toBe(true);
    expect(deleted.attributes.has("secure")).toBe(true);
  });

  for (const path of ["/visit", "/sign-in", "/sign-out", "/flash"]) {
    it(`is not to be kept by caches: ${path}`, async () => {
      setup(t);
      const browser = path === "/sign-out" ? await visitor(t) : t.browser();
      const reply = await browser.request(path);
      expect(reply.cookieNames()).toEqual(["h3"]);
      expect(reply.headers.get("cache-control")).toBe("no-store");
    });
  }

  it("goes with an error too", async () => {
    const { config } = setup(t);
    t.route("/fails", async (event) => {
      await updateSession(event, config, { tried: true });
      throw t.httpError(418, "no");
    });
    const reply = await t.request("/fails");
    expect(reply.status).toBe(418);
    expect(reply.cookieNames()).toEqual(["h3"]);
    expect(reply.headers.get("cache-control")).toBe("no-store");
  });

  it("is set once for many writes", async () => {
    const { config } = setup(t);
    t.route("/many", async (event) => {
      await Promise.all(["a", "b", "c"].map((key) => updateSession(event, config, { [key]: 1 })));
      return updateSession(event, config, { d: 1 });
    });
    const reply = await t.request("/many");
    expect(reply.cookieNames()).toEqual(["h3"]);
    expect(reply.json()).toMatchObject({ data: { a: 1, b: 1, c: 1, d: 1 } });
  });

  it("is refused before anything is stored when it is over maxCookieBytes", async () => {
    const { store } = setup(t, { maxCookieBytes: 60, migrate: { until: Date.now() + 60_000 } });
    for (const path of ["/visit", "/sign-in"]) {
      const reply = await t.request(path);
      expect([path, reply.status, reply.setCookies]).toEqual([path, 500, []]);
    }
    const seal = await makeSeal({ id: "s1", createdAt: Date.now(), data: {} }, PASSWORD, { generation: t.major });
    expect((await t.request("/read", { headers: { cookie: `h3=${seal}` } })).status).toBe(500);
    expect(store.calls).toEqual([]);
    for (const error of t.errors) expect(error.message).toContain("maxCookieBytes");
  });

  it("may take just maxCookieBytes", async () => {
    setup(t, { maxCookieBytes: "h3=0.".length + 46 + ".".length + 22 });
    expect((await t.request("/visit")).cookieNames()).toEqual(["h3"]);
  });

  it("is refused before anything is stored when browsers would refuse it, in strict mode", async () => {
    const { store } = setup(t, { strict: true, cookie: { sameSite: "none", secure: false } });
    for (const path of ["/read", "/visit"]) {
      const reply = await t.request(path);
      expect([path, reply.status, reply.setCookies]).toEqual([path, 500, []]);
    }
    expect(store.calls).toEqual([]);
  });
});

describeMatrix("options of stored sessions", (t, { it, expect }) => {
  it("are all known in strict mode", async () => {
    const migrate = { until: Date.now() + 1000, userId: () => undefined };
    setup(t, { strict: true, migrate, deadline: 300, tombstone: 90, onConflict: "throw", onInvalid: "reject" });
    expect((await t.request("/visit")).status).toBe(200);
  });

  const FAULTS = {
    "a password that looks typed": { password: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" },
    "a revocation, which is for sealed sessions": { revocation: { notBefore: () => undefined } },
    "an option without effect, in strict mode": { strict: true, generateId: () => "x" },
    "an option that does not exist, in strict mode": { strict: true, tombstones: 1 },
    "a deadline that is none": { deadline: -1 },
  } as const;
  for (const [name, more] of Object.entries(FAULTS)) {
    it(`refuse ${name}`, async () => {
      const { store } = setup(t, more);
      const reply = await t.request("/read");
      expect(reply.status).toBe(500);
      expect(reply.setCookies).toEqual([]);
      expect(store.calls).toEqual([]);
    });
  }
});
