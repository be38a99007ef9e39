import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { removePacked } from "../_pack.ts";
import { type DevServer, develop, until } from "./_dev.ts";
import { copyOfFixture } from "./_copies.ts";
import { type Visitor, visitor } from "./_visitor.ts";
import type { Seen } from "./fixtures/shared/sessions.ts";

/** How often the app is changed while it runs. */
const CHANGES = 5;
const FILE = "sessions.db";

afterAll(removePacked);

// Which files a process has open is known on Linux alone, where this suite runs.
describe.each([
  ["nitropack-2", 'import { defineEventHandler } from "h3";', "defineEventHandler"],
  ["nitro-3", 'import { defineHandler } from "nitro";', "defineHandler"],
])("nitro dev in %s", (fixture, imported, define) => {
  let app: string;
  let server: DevServer;

  const change = (said: string): void => {
    writeFileSync(join(app, "server/routes/changed.ts"), `${imported}\nexport default ${define}(() => "${said}");\n`);
  };

  beforeAll(async () => {
    app = await copyOfFixture(fixture);
    mkdirSync(join(app, "server/routes"), { recursive: true });
    change("first");
    server = await develop(app, { NITRO_SESSION_STORE_PATH: join(app, FILE) });
  }, 240_000);

  afterAll(async () => {
    await server?.stop();
    rmSync(app, { recursive: true, force: true });
  });

  async function changed(somebody: Visitor): Promise<void> {
    const said = randomUUID();
    change(said);
    await until(async () => (await (await fetch(`${server.origin}/changed`)).text()).includes(said), server.log);
    expect((await somebody.get("/kept/visits")).status).toBe(200);
  }

  it("has sessions without a password that anybody made, and says so once", async () => {
    const somebody = visitor(server.origin);
    await until(async () => (await somebody.get("/kept/visits")).status === 200, server.log);
    expect(server.log().match(/Ironkeep made a session password for this development server/g)).toHaveLength(1);
    expect(existsSync(join(app, FILE))).toBe(true);
  });

  it(`keeps sessions over ${CHANGES} changes of the app, and leaks no store`, async () => {
    const somebody = visitor(server.origin);
    const { id } = (await somebody.get("/kept/sign-in?user=ada")).json<Seen>();
    await changed(somebody);
    const open = server.openFiles(FILE);
    expect(open).toBeGreaterThan(0);
    for (let i = 0; i < CHANGES; i++) await changed(somebody);
    // What a thread that ends had open is closed a moment later.
    await until(() => server.openFiles(FILE) <= open, server.log);
    const { data } = (await somebody.get("/kept/visits")).json<Seen>();
    expect(data).toEqual({ user: "ada", visits: CHANGES + 2 });
    expect(id).toEqual(expect.any(String));
  }, 240_000);

  // What the store in memory holds is on disk once it is closed, and before it is opened again.
  it(`closes its store at each of ${CHANGES} changes, before the next one is opened`, async () => {
    await server.stop();
    server = await develop(app, { APP_SNAPSHOT: join(app, "sessions.snapshot") });
    const somebody = visitor(server.origin);
    for (let i = 0; i < CHANGES; i++) await changed(somebody);
    const { data } = (await somebody.get("/kept/visits")).json<Seen>();
    expect(data).toEqual({ visits: CHANGES + 1 });
  }, 240_000);
});
