import { rmSync } from "node:fs";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { removePacked } from "../_pack.ts";
import { PASSWORD } from "../h3/_passwords.ts";
import { buildFor } from "./_build.ts";
import { copyOfFixture } from "./_copies.ts";
import { type Server, serve } from "./_server.ts";
import { COOKIE, type Member, signIn, unmade, visitor } from "./_visitor.ts";
import type { Page } from "./fixtures/shared/sessions.ts";

const ENVIRONMENT = { SESSION_PASSWORD: PASSWORD };
const LAUNCHER = join(import.meta.dirname, "_vercel.mjs");
const NOBODY: Omit<Page, "made"> = { used: { id: null, data: {} }, got: { id: "", data: {} } };

afterAll(removePacked);

describe.each([
  ["nitropack-2", "__fallback.func"],
  ["nitro-3", "__server.func"],
])("the function that %s builds for Vercel", (fixture, name) => {
  let app: string;
  let server: Server;

  beforeAll(async () => {
    app = await copyOfFixture(fixture);
    await buildFor(app, "vercel", ENVIRONMENT);
    const folder = join(app, ".vercel/output/functions", name);
    server = await serve(folder, ENVIRONMENT, LAUNCHER, [join(folder, "index.mjs")]);
  }, 240_000);

  afterAll(async () => {
    await server?.stop();
    rmSync(app, { recursive: true, force: true });
  });

  const member = (user: string): Promise<Member> => signIn(visitor(server.origin), user);

  it("has sessions", async () => {
    const ada = await member("ada");
    expect((await ada.get("/visits")).json()).toEqual({ id: ada.id, data: { user: "ada", visits: 1 } });
  });

  // Vercel's network keeps what is under a rule of swr too, with its cookies.
  it.each(["/swr", "/press/today", "/isr", "/shelf/a-book", "/members/press/today", "/members/shelf/a-book"])(
    "gives a page that the network keeps no session, and no cookie of a middleware either: %s",
    async (path) => {
      const ada = await member("ada");
      const reply = await ada.get(unmade(path));
      expect(reply.json()).toEqual({ made: expect.any(String), ...NOBODY });
      expect(reply.setCookies).toEqual([]);
      const { data } = (await ada.get("/visits")).json<{ data: unknown }>();
      expect(data).toEqual({ user: "ada", visits: 1 });
    },
  );

  it("gives a page that no network keeps the cookie of the middleware", async () => {
    const ada = await member("ada");
    expect((await ada.get("/members/plain")).cookieNames()).toEqual([COOKIE]);
  });
});
