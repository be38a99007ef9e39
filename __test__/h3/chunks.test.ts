import type { SessionConfig } from "ironkeep/h3";
import { useSession } from "ironkeep/h3";
import { isDeletion } from "./_cookies.ts";
import type { CookieJar } from "./_jar.ts";
import { describeMatrix } from "./_matrix.ts";
import { PASSWORD } from "./_passwords.ts";
import type { Seen } from "./_routes.ts";
import { sessionRoutes } from "./_routes.ts";
import { openSeal } from "./_seals.ts";
import { randomText } from "./_text.ts";

const config: SessionConfig = { password: PASSWORD };

function joinChunks(jar: CookieJar, count: number): string {
  return Array.from({ length: count }, (_, i) => jar.value(`h3.${i + 1}`)).join("");
}

describeMatrix("a session over several cookies", (t, { it, expect }) => {
  it("under 4000 characters it stays one cookie", async () => {
    const routes = sessionRoutes(t, config);
    routes.update = { text: randomText(2600) };
    const reply = await t.request("/set");
    expect(reply.cookieNames()).toEqual(["h3"]);
    expect(reply.cookie("h3").value.length).toBeLessThanOrEqual(4000);
  });

  it("over it, the main cookie holds the count and h3.1 to h3.N the seal", async () => {
    const routes = sessionRoutes(t, config);
    const browser = t.browser();
    routes.update = { text: randomText(7000) };
    const reply = await browser.request("/set");
    expect(reply.cookie("h3").value).toBe("__chunked__3");
    expect(browser.jar.names).toEqual(["h3", "h3.1", "h3.2", "h3.3"]);
    expect(browser.jar.value("h3.1")).toHaveLength(4000);
    expect(browser.jar.value("h3.2")).toHaveLength(4000);
    expect(browser.jar.value("h3.3").length).toBeLessThanOrEqual(4000);
    const { payload } = await openSeal(joinChunks(browser.jar, 3), PASSWORD);
    expect(payload.data).toEqual(routes.update);
  });

  it("every chunk has the attributes of the main cookie", async () => {
    const routes = sessionRoutes(t, { ...config, maxAge: 60, cookie: { sameSite: "strict" } });
    routes.update = { text: randomText(4000) };
    const reply = await t.request("/set");
    const attributes = reply.cookies.map((cookie) => Object.fromEntries(cookie.attributes));
    expect(attributes).toHaveLength(3);
    expect(attributes[1]).toEqual(attributes[0]);
    expect(attributes[2]).toEqual(attributes[0]);
    expect(attributes[0]).toHaveProperty("samesite", "Strict");
  });

  it("it is read back, and reading sets nothing", async () => {
    const routes = sessionRoutes(t, config);
    const browser = t.browser();
    routes.update = { text: randomText(7000) };
    const set = await browser.request("/set");
    const read = await browser.request("/use");
    expect(read.json<Seen>()).toEqual(set.json<Seen>());
    expect(read.setCookies).toEqual([]);
  });

  it("it is read back in whatever order the cookies come", async () => {
    const routes = sessionRoutes(t, config);
    routes.update = { text: randomText(7000) };
    const set = await t.request("/set");
    const pairs = set.cookies.map((cookie) => `${cookie.name}=${cookie.value}`).toReversed();
    const read = await t.request("/use", { headers: { cookie: pairs.join("; ") } });
    expect(read.json<Seen>()).toEqual(set.json<Seen>());
  });

  it("shrinking deletes the chunks that are no longer needed", async () => {
    const routes = sessionRoutes(t, config);
    const browser = t.browser();
    routes.update = { text: randomText(10_000) };
    expect((await browser.request("/set")).cookie("h3").value).toBe("__chunked__4");
    routes.update = { text: randomText(4000) };
    const reply = await browser.request("/set");
    expect(reply.cookie("h3").value).toBe("__chunked__2");
    expect(isDeletion(reply.cookie("h3.3"))).toBe(true);
    expect(isDeletion(reply.cookie("h3.4"))).toBe(true);
    expect(browser.jar.names).toEqual(["h3", "h3.1", "h3.2"]);
    expect((await browser.request("/use")).json<Seen>()).toEqual(reply.json<Seen>());
  });

  it("shrinking to one cookie deletes all chunks", async () => {
    const routes = sessionRoutes(t, config);
    const browser = t.browser();
    routes.update = { text: randomText(7000) };
    await browser.request("/set");
    routes.update = { text: "short" };
    const reply = await browser.request("/set");
    expect(browser.jar.names).toEqual(["h3"]);
    expect(reply.cookieNames().toSorted()).toEqual(["h3", "h3.1", "h3.2", "h3.3"]);
    expect((await browser.request("/use")).json<Seen>()).toEqual(reply.json<Seen>());
  });

  it("growing and shrinking within one request leaves the last state", async () => {
    t.route("/", async (event) => {
      const session = await useSession(event, config);
      await session.update({ text: randomText(7000) });
      await session.update({ text: "short" });
      return { id: session.id, data: session.data };
    });
    sessionRoutes(t, config);
    const browser = t.browser();
    const reply = await browser.request("/");
    expect(reply.cookie("h3").value).toMatch(/^Fe26\.2\*/);
    expect((await browser.request("/use")).json<Seen>()).toEqual(reply.json<Seen>());
  });

  it("clear deletes the main cookie and every chunk", async () => {
    const routes = sessionRoutes(t, config);
    const browser = t.browser();
    routes.update = { text: randomText(7000) };
    await browser.request("/set");
    const reply = await browser.request("/clear");
    expect(reply.cookieNames().toSorted()).toEqual(["h3", "h3.1", "h3.2", "h3.3"]);
    expect(reply.cookies.every(isDeletion)).toBe(true);
    expect(browser.jar.names).toEqual([]);
  });

  it("an error after the update carries the chunks too", async () => {
    t.route("/", async (event) => {
      await (await useSession(event, config)).update({ text: randomText(7000) });
      throw t.httpError(404, "no such thing");
    });
    sessionRoutes(t, config);
    const browser = t.browser();
    expect((await browser.request("/")).status).toBe(404);
    expect(browser.jar.names).toEqual(["h3", "h3.1", "h3.2", "h3.3"]);
    expect((await browser.request("/use")).json<Seen>().data["text"]).toHaveLength(7000);
  });

  it("chunks of another session name are not ours", async () => {
    const routes = sessionRoutes(t, { ...config, name: "app" });
    const browser = t.browser();
    browser.jar.set("app.theme", "dark");
    browser.jar.set("application.1", "x");
    routes.update = { text: randomText(4000) };
    await browser.request("/set");
    await browser.request("/clear");
    expect(browser.jar.names).toEqual(["app.theme", "application.1"]);
  });
});
