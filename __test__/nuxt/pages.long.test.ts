import { once } from "node:events";
import { readFileSync } from "node:fs";
import { get, type IncomingMessage } from "node:http";
import { join } from "node:path";

import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFailed } from "vitest";

import type { Reply } from "../h3/_http.ts";
import { type Server, serve } from "../apps/_server.ts";
import { type Browser, launch } from "./_browser.ts";
import { strongPassword } from "./_passwords.ts";
import { COOKIE, SESSION_ROUTE, Visitor } from "./_visitor.ts";
import { BUILDS_WITHIN_MS, type BuiltApp, OUR_WARNINGS, type Workspace, fixture, workspace } from "./_workspace.ts";

const BASE = "/base";
const VISITORS = 200;

/** What the page of somebody shows. */
function shown(page: Reply | string): string | undefined {
  return /<p id="who">([^<]*)<\/p>/.exec(typeof page === "string" ? page : page.text)?.[1];
}

describe("pages under another path, cached and prerendered ones among them", () => {
  let space: Workspace;
  let built: BuiltApp;
  let server: Server;
  let browser: Browser;

  beforeAll(async () => {
    space = await workspace();
    built = await space.build(fixture("pages"));
    server = await serve(built.output, { NUXT_SESSION_PASSWORD: strongPassword() });
    browser = await launch(space);
  }, BUILDS_WITHIN_MS);

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    space?.remove();
  });

  beforeEach(() => {
    onTestFailed(() => console.error(`${built.log}\n${server.stderr()}`));
  });

  async function signedIn(name: string): Promise<Visitor> {
    const visitor = new Visitor(server.origin);
    await visitor.post(`${BASE}/sign-in`, { name });
    return visitor;
  }

  it("are built without a password, and without a warning that has to do with Ironkeep", () => {
    expect(built.log).not.toMatch(OUR_WARNINGS);
  });

  it("show their visitor, and hold nothing that is for the server alone", async () => {
    const page = await (await signedIn("Ada")).page(`${BASE}/`);
    expect(shown(page)).toBe("Ada");
    expect(page.text).not.toContain("only for the server");
    expect(page.headers.get("cache-control")).toBe("no-store");
  });

  it.each(["cached", "again", "press/today", "shelf/a-book"])(
    "hold nobody where they are %s, and no cookie is set",
    async (path) => {
      for (const visitor of [await signedIn("Ada"), await signedIn("Bob"), new Visitor(server.origin)]) {
        const page = await visitor.page(`${BASE}/${path}`);
        expect(shown(page)).toBe("not ready");
        expect(page.setCookies).toEqual([]);
        expect(page.text).not.toMatch(/Ada|Bob/);
      }
    },
  );

  it("hold nobody where they are prerendered", () => {
    const page = readFileSync(join(built.output, "public/still/index.html"), "utf8");
    expect(shown(page)).toBe("not ready");
  });

  it("may be told of the session by a route that no rule caches, or sends to another server", async () => {
    const [ada, bob] = [await signedIn("Ada"), await signedIn("Bob")];
    const replies = await Promise.all([ada, bob, ada].map((visitor) => visitor.fetch(BASE + SESSION_ROUTE)));
    expect(replies.map((reply) => reply.json())).toEqual(["Ada", "Bob", "Ada"].map((name) => ({ user: { name } })));
    expect(replies.map(({ headers }) => headers.get("cache-control"))).toEqual(["no-store", "no-store", "no-store"]);
  });

  it("may ask the server while they are rendered: it is the same session, and one cookie", async () => {
    const ada = await signedIn("Ada");
    const page = await ada.page(`${BASE}/asking`);
    expect(page.text).toContain('<p id="counts">1 2</p>');
    expect(page.cookieNames()).toEqual([COOKIE]);
    expect((await ada.page(`${BASE}/asking`)).text).toContain('<p id="counts">3 4</p>');
    const stranger = await new Visitor(server.origin).page(`${BASE}/asking`);
    expect(stranger.text).toContain('<p id="counts">1 2</p>');
    expect(stranger.cookieNames()).toEqual([COOKIE]);
  });

  it("may sign their visitor out while they are rendered", async () => {
    const ada = await signedIn("Ada");
    expect(shown(await ada.page(`${BASE}/leaving`))).toBe("nobody");
    expect(shown(await ada.page(`${BASE}/`))).toBe("nobody");
  });

  it(`never give one of ${VISITORS} visitors at once what is another's`, async () => {
    const names = Array.from({ length: VISITORS }, (_, index) => `visitor ${index} of many`);
    const visitors = await Promise.all(names.map(signedIn));
    const paths = ["/", "/cached", "/asking", "/", "/press/now", "/shelf/one"];
    const problems = visitors.map(async (visitor, index) => {
      const pages = await Promise.all(paths.map((path) => visitor.page(BASE + path)));
      const others = pages.flatMap(({ text }) => text.match(/visitor \d+ of many/g) ?? []);
      const shared = [1, 4, 5].map((place) => pages[place]);
      return {
        strangers: others.filter((name) => name !== names[index]),
        isMissing: shown(pages[0] ?? "") !== names[index] || shown(pages[3] ?? "") !== names[index],
        isInCache: shared.some((page) => !page || page.text.includes("of many") || page.setCookies.length > 0),
      };
    });
    const fine = { strangers: [], isMissing: false, isInCache: false };
    expect(await Promise.all(problems)).toEqual(names.map(() => fine));
    // And each cookie opens the session that it was set for.
    const sessions = await Promise.all(visitors.map((visitor) => visitor.fetch(BASE + SESSION_ROUTE)));
    expect(sessions.map((reply) => reply.json())).toEqual(names.map((name) => ({ user: { name } })));
  });

  it.each([
    ["in whatever case they are asked for", ["/limited", "/LIMITED", "/Limited"], [200, 200, 429]],
    ["where another server has them, which does not answer here", Array(3).fill("/elsewhere"), [502, 502, 429]],
  ])("are limited %s", async (_title, paths: string[], statuses) => {
    const given = [];
    for (const path of paths) given.push((await new Visitor(server.origin).page(BASE + path)).status);
    expect(given).toEqual(statuses);
  });

  it("are not found for each visitor by his own limit, whatever others ask for", async () => {
    const statuses = [];
    for (const localAddress of ["127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.4", "127.0.0.4"]) {
      const request = get(`${server.origin}${BASE}/missing/x`, { localAddress, headers: { accept: "text/html" } });
      const [response] = (await once(request, "response")) as [IncomingMessage];
      response.resume();
      statuses.push(response.statusCode);
    }
    expect(statuses).toEqual([404, 404, 404, 404, 429]);
  });

  it.each(["cached", "again", "press/today", "shelf/a-book", "still"])(
    "are filled in the browser where they are %s",
    async (path) => {
      const ada = await signedIn("Ada");
      const origin = server.origin.replace("127.0.0.1", "localhost");
      const context = await browser.newContext();
      const value = ada.jar.value(COOKIE) ?? "";
      await context.addCookies([{ name: COOKIE, value, url: origin, httpOnly: true } as never]);
      const page = await context.newPage();
      const problems: string[] = [];
      page.on("console", (message) => {
        if (/hydration/i.test(message.text())) problems.push(message.text());
      });
      page.on("pageerror", (error) => problems.push(error.message));
      await page.goto(`${origin}${BASE}/${path}`);
      await page.locator("#who", { hasText: "Ada" }).waitFor();
      expect(problems).toEqual([]);
      await context.close();
    },
  );
});
