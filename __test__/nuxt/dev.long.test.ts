import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFailed } from "vitest";

import { type DevServer, develop, until } from "./_dev.ts";
import { SESSION_ROUTE, Visitor } from "./_visitor.ts";
import { BUILDS_WITHIN_MS, OUR_WARNINGS, type Workspace, example, workspace } from "./_workspace.ts";

const RELOADS = 5;
const DATABASE = "sessions.db";

describe("nuxt dev", () => {
  let space: Workspace;
  let app: string;
  let server: DevServer;

  beforeAll(async () => {
    space = await workspace();
    app = space.app(example);
    server = await develop(space, app);
  }, BUILDS_WITHIN_MS);

  afterAll(async () => {
    await server?.stop();
    space?.remove();
  });

  beforeEach(() => {
    onTestFailed(() => console.error(server.log()));
  });

  const envFile = (): string => readFileSync(join(app, ".env"), "utf8");

  /** Changes what the server says, and waits until it says it. */
  async function reload(visitor: Visitor, text: string): Promise<void> {
    const path = join(app, "server/api/said.get.ts");
    writeFileSync(path, `export default defineEventHandler(() => ({ said: ${JSON.stringify(text)} }));\n`);
    await until(`the server says ${text}`, async () => {
      const reply = await visitor.fetch("/api/said");
      return reply.json<{ said: string }>().said === text;
    });
  }

  it("makes a password, and a session goes on when the server is reloaded, and leaks no store", async () => {
    expect(envFile()).toMatch(/^NUXT_SESSION_PASSWORD=.{40,}\n$/);
    const visitor = new Visitor(server.origin);
    expect((await visitor.post("/api/sign-in", { name: "Ada", password: "sesame" })).status).toBe(200);
    await reload(visitor, "the first");
    // A store opens what it reads with when it is read.
    await until("the session is read", async () => (await visitor.fetch(SESSION_ROUTE)).status === 200);
    const before = server.open(DATABASE);
    expect(before).toBeGreaterThan(0);

    for (let time = 1; time <= RELOADS; time++) {
      await reload(visitor, `the ${time}. after it`);
      await until("Ada is signed in", async () => {
        const { user } = await visitor.session<{ user?: { name: string } }>();
        return user?.name === "Ada";
      });
    }
    // The last server but one closes its store after the last one has opened its own.
    // One that reads is opened when reads meet, so there may be fewer.
    await until("no more files are open than before", async () => server.open(DATABASE) <= before, 30_000);
    expect(server.open(DATABASE)).toBeGreaterThan(0);
    expect((await visitor.page("/")).text).toContain("Welcome back, Ada");
    expect(server.log()).not.toMatch(OUR_WARNINGS);
  }, 600_000);
});
