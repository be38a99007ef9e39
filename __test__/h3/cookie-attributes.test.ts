import type { SessionConfig } from "ironkeep/h3";
import { vi } from "vitest";
import { expiresOf } from "./_cookies.ts";
import { describeMatrix } from "./_matrix.ts";
import { PASSWORD } from "./_passwords.ts";
import { sessionRoutes } from "./_routes.ts";
import { captureWarnings } from "./_warnings.ts";

const password = PASSWORD;
const NOW = Date.UTC(2026, 0, 15, 12, 0, 0);

describeMatrix("the attributes of the session cookie", (t, { it, expect }) => {
  async function attributesFor(config: SessionConfig): Promise<Record<string, string>> {
    sessionRoutes(t, config);
    const reply = await t.request("/use");
    const cookie = reply.cookie(config.name ?? "h3");
    return Object.fromEntries(cookie.attributes);
  }

  it("by default: path /, secure, httpOnly and SameSite=Lax, on both majors", async () => {
    expect(await attributesFor({ password })).toEqual({
      path: "/",
      httponly: "",
      secure: "",
      samesite: "Lax",
    });
  });

  it("the defaults can be overridden one by one", async () => {
    const cookie = { secure: false, httpOnly: false, sameSite: "strict", path: "/use" } as const;
    expect(await attributesFor({ password, cookie })).toEqual({ path: "/use", samesite: "Strict" });
  });

  it("further attributes are added to the defaults", async () => {
    const cookie = { domain: "example.com", priority: "high", partitioned: true } as const;
    expect(await attributesFor({ password, cookie })).toEqual({
      domain: "example.com",
      path: "/",
      httponly: "",
      secure: "",
      partitioned: "",
      priority: "High",
      samesite: "Lax",
    });
  });

  it("maxAge becomes Expires, counted from the session's creation", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOW });
    const routes = sessionRoutes(t, { password, maxAge: 3600 });
    const browser = t.browser();
    const first = (await browser.request("/use")).cookie("h3");
    expect(expiresOf(first)).toBe(NOW + 3_600_000);
    expect(first.attributes.has("max-age")).toBe(false);
    vi.setSystemTime(NOW + 60_000);
    routes.update = { a: 1 };
    const second = (await browser.request("/set")).cookie("h3");
    expect(expiresOf(second)).toBe(NOW + 3_600_000);
  });

  it("idleTimeout becomes Expires, counted from the last seal", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOW });
    const routes = sessionRoutes(t, { password, idleTimeout: 600 });
    const browser = t.browser();
    expect(expiresOf((await browser.request("/use")).cookie("h3"))).toBe(NOW + 600_000);
    vi.setSystemTime(NOW + 60_000);
    routes.update = { a: 1 };
    expect(expiresOf((await browser.request("/set")).cookie("h3"))).toBe(NOW + 660_000);
  });

  it("of maxAge and idleTimeout the earlier one is Expires", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOW });
    const routes = sessionRoutes(t, { password, maxAge: 900, idleTimeout: 600 });
    const browser = t.browser();
    expect(expiresOf((await browser.request("/use")).cookie("h3"))).toBe(NOW + 600_000);
    vi.setSystemTime(NOW + 500_000);
    routes.update = { a: 1 };
    expect(expiresOf((await browser.request("/set")).cookie("h3"))).toBe(NOW + 900_000);
  });

  it("cookie.expires and cookie.maxAge of the app win, and are sent as they are", async () => {
    const expires = new Date(NOW + 86_400_000);
    const sent = await attributesFor({
      password,
      maxAge: 60,
      cookie: { expires, maxAge: 120 },
    });
    expect(Date.parse(sent["expires"] ?? "")).toBe(expires.getTime());
    expect(sent["max-age"]).toBe("120");
  });

  it("a session cookie with a custom encode is read back", async () => {
    const encode = (value: string): string => encodeURIComponent(value).replaceAll("*", "%2A");
    const routes = sessionRoutes(t, { password, cookie: { encode } });
    const browser = t.browser();
    routes.update = { a: 1 };
    const set = await browser.request("/set");
    expect(set.cookie("h3").value).toMatch(/^Fe26\.2%2A/);
    expect((await browser.request("/use")).json()).toEqual(set.json());
  });
});

describeMatrix("what cookie-es 3 refuses and h3 1 allows", (t, { it, expect }) => {
  const cases: readonly (readonly [string, SessionConfig])[] = [
    ["__Host- with a domain", { password, name: "__Host-s", cookie: { domain: "example.com" } }],
    ["SameSite=None without Secure", { password, cookie: { sameSite: "none", secure: false } }],
  ];
  for (const [title, config] of cases) {
    it(`${title}: allowed on v1 with a warning, an error on v2`, async () => {
      const warnings = captureWarnings();
      sessionRoutes(t, config);
      const reply = await t.request("/use");
      if (t.major === 1) {
        expect(reply.status).toBe(200);
        expect(reply.cookieNames()).toEqual([config.name ?? "h3"]);
        // One process warns once: the second v1 target finds it said already.
        if (t.target === "in process") expect(warnings).toHaveLength(1);
        expect(warnings.join("\n")).not.toContain(PASSWORD);
      } else {
        expect(reply.status).toBe(500);
        expect(reply.setCookies).toEqual([]);
      }
    });
  }
});
