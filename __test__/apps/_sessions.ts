import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFailed } from "vitest";

import { builtBinary } from "../_pack.ts";
import { fetchOverHttp } from "../h3/_http.ts";
import { PASSWORD } from "../h3/_passwords.ts";
import { type BuiltApp, build } from "./_build.ts";
import type { Page, Seen } from "./fixtures/shared/sessions.ts";
import { type Server, serve } from "./_server.ts";
import { moduleTests } from "./_module.ts";
import { middlewareCookieTests } from "./_middleware-cookies.ts";
import { COOKIE, type Member, type Visitor, signIn, unmade, visitor } from "./_visitor.ts";

const ENVIRONMENT = { SESSION_PASSWORD: PASSWORD };
const BUILD_WITHIN_MS = 240_000;
const NOBODY: Omit<Page, "made"> = { used: { id: null, data: {} }, got: { id: "", data: {} } };

export interface SessionApp {
  /** The folder under fixtures/. */
  readonly fixture: string;
  readonly middlewareCookies: keyof typeof middlewareCookieTests;
  /** Whether the app has the module `ironkeep/nitro`. */
  readonly hasModule: boolean;
}

/** Builds and starts the app, and drives it over HTTP. */
export function describeApp(app: SessionApp): void {
  describe(app.fixture, () => {
    let built: BuiltApp;
    let server: Server;
    let folder: string;

    const read = (path: string): string => readFileSync(join(built.output, path), "utf8");
    const newcomer = (): Visitor => visitor(server.origin);
    const signedIn = (user: string): Promise<Member> => signIn(newcomer(), user);

    beforeAll(async () => {
      built = await build(app.fixture, ENVIRONMENT);
      folder = mkdtempSync(join(tmpdir(), "ironkeep-app-store-"));
      const store = { NITRO_SESSION_STORE_DRIVER: "sqlite", NITRO_SESSION_STORE_PATH: join(folder, "sessions.db") };
      server = await serve(built.output, { ...ENVIRONMENT, ...store });
    }, BUILD_WITHIN_MS);

    afterAll(async () => {
      await server?.stop();
      for (const made of [built?.output, folder]) if (made) rmSync(made, { recursive: true, force: true });
    });

    beforeEach(() => {
      onTestFailed(() => console.error(`${app.fixture}:\n${built.log}\n${server.stderr()}`));
    });

    describe("the output", () => {
      it("contains the binary, once, as it was built", () => {
        const files = readdirSync(built.output, { recursive: true, encoding: "utf8" });
        const binaries = files.filter((path) => path.endsWith(".node"));
        expect(binaries).toHaveLength(1);
        const [binary = ""] = binaries;
        expect(readFileSync(join(built.output, binary)).equals(readFileSync(builtBinary()))).toBe(true);
      });

      it("has a prerendered page without a session", () => {
        const path = "public/prerendered";
        const page = JSON.parse(read(existsSync(join(built.output, path, "index.html")) ? `${path}/index.html` : path));
        expect(page).toEqual({ made: expect.any(String), ...NOBODY });
        expect(built.log).toMatch(/├─ \/prerendered \(/);
        expect(built.log).toMatch(/IronkeepWarning: .*\/prerendered\b/);
      });
    });

    describe("a plain route", () => {
      it("signs in and counts visits, by the cookie alone", async () => {
        const ada = await signedIn("ada");
        for (const visits of [1, 2, 3]) {
          const reply = await ada.get("/visits");
          expect(reply.json()).toEqual({ id: ada.id, data: { user: "ada", visits } });
          expect(reply.cookieNames()).toEqual([COOKIE]);
          expect(reply.headers.get("cache-control")).toBe("no-store");
        }
        expect((await newcomer().get("/visits")).json<Seen>().data).toEqual({ visits: 1 });
      });

      it("takes a cookie that was tampered with for none", async () => {
        const ada = await signedIn("ada");
        const token = ada.jar.value(COOKIE);
        ada.jar.set(COOKIE, `${token.slice(0, -1)}${token.endsWith("A") ? "B" : "A"}`);
        const { id, data } = (await ada.get("/visits")).json<Seen>();
        expect(data).toEqual({ visits: 1 });
        expect(id).toMatch(/^[\da-f-]{36}$/);
        expect(id).not.toBe(ada.id);
      });
    });

    describe("the CSRF middleware, as it is exported by a file", () => {
      const post = async (headers: Record<string, string>): Promise<number> =>
        (await fetchOverHttp(server.origin, "/visits", { method: "POST", headers })).status;

      it("refuses another site's POST, and no other request", async () => {
        expect(await post({ "sec-fetch-site": "cross-site", origin: "https://evil.example" })).toBe(403);
        expect(await post({ origin: "https://evil.example" })).toBe(403);
        expect(await post({ "sec-fetch-site": "same-origin", origin: server.origin })).toBe(200);
        expect(await post({ origin: server.origin })).toBe(200);
        expect(await post({})).toBe(200);
      });
    });

    describe.each([
      ["a cached handler", "/cached"],
      ["a handler under a cache rule", "/ruled"],
      ["a handler under a rule of swr", "/swr"],
      ["a handler under a rule of swr for the paths above it", "/press/today"],
      ["a cached handler behind a middleware that opens the session", "/readers/cached"],
      ["a handler under a cache rule, with such a middleware", "/readers/ruled"],
    ])("%s", (_title, path) => {
      it("has no session and sets none, and all get the same page", async () => {
        const [ada, bob] = [await signedIn("ada"), await signedIn("bob")];
        const page = unmade(path);
        const first = await ada.get(page);
        expect(first.json()).toEqual({ made: expect.any(String), ...NOBODY });
        expect(first.setCookies).toEqual([]);
        for (const somebody of [ada, bob]) {
          const reply = await somebody.get(page);
          expect(reply.text).toBe(first.text);
          expect(reply.setCookies).toEqual([]);
        }
      });

      it("changes nobody's session", async () => {
        const ada = await signedIn("ada");
        await ada.get(unmade(path));
        expect((await ada.get("/visits")).json()).toEqual({ id: ada.id, data: { user: "ada", visits: 1 } });
      });
    });

    describe.each([
      ["a handler under a rule of isr, which is a cache on some platforms alone,", "/isr"],
      ["one under such a rule for the paths above it", "/shelf/a-book"],
    ])("%s", (_title, path) => {
      it("has no session anywhere", async () => {
        const ada = await signedIn("ada");
        const reply = await ada.get(unmade(path));
        expect(reply.json()).toEqual({ made: expect.any(String), ...NOBODY });
        expect(reply.setCookies).toEqual([]);
        expect((await ada.get("/visits")).json()).toEqual({ id: ada.id, data: { user: "ada", visits: 1 } });
      });
    });

    it("a handler that such a rule makes an exception of has the session", async () => {
      const ada = await signedIn("ada");
      const reply = await ada.get("/shelf/mine");
      expect(reply.json()).toEqual({ id: ada.id, data: { user: "ada", visits: 1 } });
      expect(reply.cookieNames()).toEqual([COOKIE]);
    });

    it("a page under such a rule gets no cookie of a middleware that writes either, and nothing is written", async () => {
      const ada = await signedIn("ada");
      for (const somebody of [ada, newcomer()]) {
        const reply = await somebody.get(unmade("/members/shelf/a-book"));
        expect(reply.json()).toEqual({ made: expect.any(String), ...NOBODY });
        expect(reply.setCookies).toEqual([]);
      }
      expect((await ada.get("/members/plain")).json()).toEqual({ id: ada.id, data: { user: "ada", views: 1 } });
    });

    describe("a cached handler behind a middleware that writes", () => {
      it("has no session", async () => {
        const page = unmade("/members/cached");
        for (const somebody of [await signedIn("ada"), await signedIn("bob"), newcomer()]) {
          const reply = await somebody.get(page);
          expect(reply.json()).toEqual({ made: expect.any(String), ...NOBODY });
        }
      });

      middlewareCookieTests[app.middlewareCookies]({ newcomer, signedIn });
    });

    if (app.hasModule) moduleTests({ app: () => ({ built, server, folder }), newcomer, signedIn });
  });
}
