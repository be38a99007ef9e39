import type { SessionConfig } from "ironkeep/h3";
import { getSession, updateSession, useSession } from "ironkeep/h3";
import { describeMatrix } from "./_matrix.ts";
import { PASSWORD } from "./_passwords.ts";
import { seen, sessionRoutes } from "./_routes.ts";
import { openSeal } from "./_seals.ts";

const config: SessionConfig = { password: PASSWORD };

describeMatrix("the list of Set-Cookie lines", (t, { it, expect }) => {
  it("several updates leave one line, with the last state", async () => {
    t.route("/", async (event) => {
      const session = await useSession(event, config);
      await session.update({ a: 1 });
      await session.update({ b: 2 });
      await updateSession(event, config, { c: 3 });
      return seen(session);
    });
    const reply = await t.request("/");
    expect(reply.cookieNames()).toEqual(["h3"]);
    const { payload } = await openSeal(reply.cookie("h3").value, PASSWORD);
    expect(payload.data).toEqual({ a: 1, b: 2, c: 3 });
  });

  it("cookies of the app are kept, in their order", async () => {
    t.route("/", async (event) => {
      t.setAppCookie(event, "first", "1");
      const session = await useSession(event, config);
      t.setAppCookie(event, "second", "2");
      await session.update({ a: 1 });
      t.setAppCookie(event, "third", "3");
      return seen(session);
    });
    const reply = await t.request("/");
    const names = reply.cookieNames();
    expect(names.filter((name) => name !== "h3")).toEqual(["first", "second", "third"]);
    expect(names.filter((name) => name === "h3")).toHaveLength(1);
  });

  it("cookies whose names only begin like the session's are kept", async () => {
    t.route("/", async (event) => {
      t.setAppCookie(event, "h3x", "1");
      t.setAppCookie(event, "h3.theme", "dark");
      t.setAppCookie(event, "h", "3");
      const session = await useSession(event, config);
      await session.update({ a: 1 });
      return seen(session);
    });
    const reply = await t.request("/");
    expect(reply.cookieNames().toSorted()).toEqual(["h", "h3", "h3.theme", "h3x"]);
  });

  it("an app cookie of the same name on another path is another cookie", async () => {
    t.route("/", async (event) => {
      t.setAppCookie(event, "h3", "mine", { path: "/admin" });
      await updateSession(event, config, { a: 1 });
      await updateSession(event, config, { b: 2 });
      return "ok";
    });
    const reply = await t.request("/");
    const values = reply.cookies.map((cookie) => [cookie.attributes.get("path"), cookie.value]);
    expect(values).toHaveLength(2);
    expect(values).toContainEqual(["/admin", "mine"]);
  });

  it("update then clear leaves only the deletion", async () => {
    sessionRoutes(t, config);
    t.route("/out", async (event) => {
      const session = await useSession(event, config);
      await session.update({ a: 1 });
      await session.clear();
      return "ok";
    });
    const browser = t.browser();
    await browser.request("/use");
    const reply = await browser.request("/out");
    expect(reply.cookieNames()).toEqual(["h3"]);
    expect(reply.cookie("h3").value).toBe("");
    expect(reply.cookie("h3").attributes.get("max-age")).toBe("0");
    expect(browser.jar.names).toEqual([]);
  });

  it("clear deletes with the attributes that the cookie was set with", async () => {
    const cookie = { path: "/clear", domain: "example.com", sameSite: "strict" } as const;
    sessionRoutes(t, { ...config, cookie });
    const reply = await t.request("/clear");
    expect(Object.fromEntries(reply.cookie("h3").attributes)).toEqual({
      "max-age": "0",
      domain: "example.com",
      path: "/clear",
      httponly: "",
      secure: "",
      samesite: "Strict",
    });
  });

  it("`cookie: false` sets nothing, not even a deletion", async () => {
    const routes = sessionRoutes(t, { ...config, cookie: false });
    routes.update = { a: 1 };
    for (const path of ["/use", "/get", "/set", "/clear"]) {
      const reply = await t.request(path);
      expect(reply.status, path).toBe(200);
      expect(reply.setCookies, path).toEqual([]);
    }
  });

  it("two sessions by two names live side by side in one request", async () => {
    const other: SessionConfig = { ...config, name: "cart" };
    t.route("/", async (event) => {
      const one = await useSession(event, config);
      const two = await useSession(event, other);
      await one.update({ a: 1 });
      await two.update({ b: 2 });
      const again = await getSession(event, other);
      return { ids: [one.id, two.id, again.id], data: [one.data, two.data] };
    });
    const browser = t.browser();
    const reply = await browser.request("/");
    const { ids, data } = reply.json<{ ids: string[]; data: unknown[] }>();
    expect(ids[0]).not.toBe(ids[1]);
    expect(ids[2]).toBe(ids[1]);
    expect(data).toEqual([{ a: 1 }, { b: 2 }]);
    expect(browser.jar.names).toEqual(["cart", "h3"]);
  });
});
