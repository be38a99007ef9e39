import type { SessionConfig } from "ironkeep/h3";
import { useSession } from "ironkeep/h3";
import type { Browser, MatrixContext } from "./_matrix.ts";
import { describeMatrix } from "./_matrix.ts";
import { PASSWORD } from "./_passwords.ts";
import type { Seen, SessionRoutes } from "./_routes.ts";
import { sessionRoutes } from "./_routes.ts";
import { randomText } from "./_text.ts";

const config: SessionConfig = { password: PASSWORD };

/** A browser that holds a session of three chunks. */
async function chunkedBrowser(t: MatrixContext): Promise<Browser & { id: string; routes: SessionRoutes }> {
  const routes = sessionRoutes(t, config);
  routes.update = { text: randomText(7000) };
  const browser = t.browser();
  const { id = "" } = (await browser.request("/set")).json<Seen>();
  return { ...browser, id, routes };
}

describeMatrix("chunk counts and lengths", (t, { it, expect }) => {
  for (const missing of ["h3.1", "h3.2", "h3.3"]) {
    it(`without ${missing} there is a new session`, async () => {
      const browser = await chunkedBrowser(t);
      browser.jar.remove(missing);
      const seen = (await browser.request("/use")).json<Seen>();
      expect(seen.id).not.toBe(browser.id);
      expect(seen.data).toEqual({});
    });
  }

  it("an empty chunk is a missing one", async () => {
    const browser = await chunkedBrowser(t);
    browser.jar.set("h3.2", "");
    expect((await browser.request("/use")).json<Seen>().data).toEqual({});
  });

  it("swapped chunks are refused", async () => {
    const browser = await chunkedBrowser(t);
    const [first, second] = [browser.jar.value("h3.1"), browser.jar.value("h3.2")];
    browser.jar.set("h3.1", second);
    browser.jar.set("h3.2", first);
    expect((await browser.request("/use")).json<Seen>().data).toEqual({});
  });

  for (const count of ["0", "-1", "-3", "NaN", "", "x3", "101", "1e3", "99999999999999999999"]) {
    it(`a count of "${count}" is no session, and no crash`, async () => {
      const browser = await chunkedBrowser(t);
      browser.jar.set("h3", `__chunked__${count}`);
      const reply = await browser.request("/use");
      expect(reply.status).toBe(200);
      const seen = reply.json<Seen>();
      expect(seen.id).not.toBe(browser.id);
      expect(seen.data).toEqual({});
      expect(reply.cookie("h3").value).toMatch(/^Fe26\.2\*/);
    });
  }

  it("a count over 100 is refused even when all those chunks are there", async () => {
    const browser = await chunkedBrowser(t);
    browser.jar.set("h3", "__chunked__101");
    for (let i = 4; i <= 101; i += 1) browser.jar.set(`h3.${i}`, "x");
    expect((await browser.request("/use")).json<Seen>().data).toEqual({});
  });

  it("clearing under a broken count deletes the main cookie", async () => {
    const browser = await chunkedBrowser(t);
    browser.jar.set("h3", "__chunked__1000000000");
    const reply = await browser.request("/clear");
    expect(reply.cookieNames()).toEqual(["h3"]);
    expect(browser.jar.names).toEqual(["h3.1", "h3.2", "h3.3"]);
  });

  it("chunkMaxLength sets the size of a chunk, and is no attribute", async () => {
    const routes = sessionRoutes(t, { ...config, cookie: { chunkMaxLength: 100 } });
    routes.update = { a: 1 };
    const browser = t.browser();
    const reply = await browser.request("/set");
    const count = Number(reply.cookie("h3").value.replace("__chunked__", ""));
    expect(count).toBeGreaterThan(2);
    for (let i = 1; i < count; i += 1) expect(browser.jar.value(`h3.${i}`)).toHaveLength(100);
    expect([...reply.cookie("h3").attributes.keys()]).toEqual(["path", "httponly", "secure", "samesite"]);
    expect((await browser.request("/use")).json<Seen>()).toEqual(reply.json<Seen>());
  });

  it("the length that counts is the encoded one", async () => {
    const encode = (value: string): string => value.replaceAll("*", "%2A");
    const routes = sessionRoutes(t, { ...config, cookie: { chunkMaxLength: 50, encode } });
    routes.update = { a: 1 };
    const browser = t.browser();
    const reply = await browser.request("/set");
    const values = reply.cookies.filter((c) => c.name !== "h3").map((c) => c.value);
    expect(values.length).toBeGreaterThan(2);
    expect(Math.max(...values.map((value) => value.length))).toBeLessThanOrEqual(50);
    expect((await browser.request("/use")).json<Seen>()).toEqual(reply.json<Seen>());
  });

  it("a hundred chunks are allowed", async () => {
    const probe = sessionRoutes(t, config);
    probe.update = { text: randomText(1200) };
    const length = (await t.request("/set")).cookie("h3").value.length;
    const chunkMaxLength = Math.ceil(length / 100);
    t.route("/exact", async (event) => {
      const session = await useSession(event, { ...config, lazy: true, cookie: { chunkMaxLength } });
      await session.update(probe.update);
      return { id: session.id, data: session.data };
    });
    const browser = t.browser();
    const reply = await browser.request("/exact");
    expect(reply.status).toBe(200);
    expect(Number(reply.cookie("h3").value.replace("__chunked__", ""))).toBeGreaterThan(95);
    expect((await browser.request("/use")).json<Seen>()).toEqual(reply.json<Seen>());
  });

  it("more than a hundred chunks are an error 500 with h3's text, and no cookie", async () => {
    sessionRoutes(t, { ...config, cookie: { chunkMaxLength: 3 } });
    const reply = await t.request("/use");
    expect(reply.status).toBe(500);
    expect(reply.setCookies).toEqual([]);
    const [error] = t.errors;
    expect(error?.message).toBe('Cannot set chunked cookie "h3": value needs more than 100 chunks.');
    expect(t.isHttpError(error)).toBe(true);
  });

  it("a character that does not fit once encoded is an error 500 with h3's text", async () => {
    const encode = (value: string): string => value.replaceAll("F", "%46");
    sessionRoutes(t, { ...config, cookie: { chunkMaxLength: 2, encode } });
    const reply = await t.request("/use");
    expect(reply.status).toBe(500);
    expect(t.errors[0]?.message).toBe(
      'Cannot set chunked cookie "h3": a single character does not fit in chunkMaxLength (2) once encoded.',
    );
  });
});
