import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFailed } from "vitest";

import { command } from "../_command.ts";
import { builtBinary } from "../_pack.ts";
import { type Server, serve } from "../apps/_server.ts";
import { redisOfTest } from "../store/_redis.ts";
import { strongPassword } from "./_passwords.ts";
import { COOKIE, SESSION_ROUTE, Visitor } from "./_visitor.ts";
import { BUILDS_WITHIN_MS, type BuiltApp, OUR_WARNINGS, type Workspace, example, workspace } from "./_workspace.ts";

const ENVIRONMENT = { NUXT_SESSION_PASSWORD: strongPassword() };

describe("the example, built for production and moved", () => {
  let space: Workspace;
  let built: BuiltApp;
  let server: Server;

  beforeAll(async () => {
    space = await workspace();
    built = await space.build(example);
    server = await serve(built.output, ENVIRONMENT);
  }, BUILDS_WITHIN_MS);

  afterAll(async () => {
    await server?.stop();
    space?.remove();
  });

  beforeEach(() => {
    onTestFailed(() => console.error(`${built.log}\n${server.stderr()}`));
  });

  const newcomer = (): Visitor => new Visitor(server.origin);

  async function signedIn(name: string): Promise<Visitor> {
    const visitor = newcomer();
    const reply = await visitor.post("/api/sign-in", { name, password: "sesame" });
    expect(reply.status).toBe(200);
    return visitor;
  }

  it("holds the binary, once, as it was built", () => {
    const files = readdirSync(built.output, { recursive: true, encoding: "utf8" });
    const binaries = files.filter((path) => path.endsWith(".node"));
    expect(binaries).toHaveLength(1);
    expect(readFileSync(join(built.output, binaries[0] ?? "")).equals(readFileSync(builtBinary()))).toBe(true);
  });

  it("was built without a warning that has to do with Ironkeep", () => {
    expect(built.log).not.toMatch(OUR_WARNINGS);
  });

  it("does not start without a password, and says how to make one", async () => {
    const starting = command(process.execPath, ["server/index.mjs"], { cwd: built.output, env: { PORT: "0" } });
    await expect(starting).rejects.toThrow(/NUXT_SESSION_PASSWORD[^]*npx ironkeep keys generate/);
  });

  it("renders who is signed in, without a request of the browser", async () => {
    const ada = await signedIn("Ada");
    const page = await ada.page("/");
    expect(page.text).toContain("Welcome back, Ada");
    expect(page.headers.get("cache-control")).toBe("no-store");
    expect((await newcomer().page("/")).text).not.toContain("Welcome back");
  });

  it("counts the pages of a session, in one cookie", async () => {
    const visitor = newcomer();
    expect((await visitor.page("/")).cookieNames()).toEqual([COOKIE]);
    expect((await visitor.page("/")).cookieNames()).toEqual([]);
    expect(await visitor.session()).toEqual({ visits: 2 });
  });

  it("tells the browser the user and what is exposed, and nothing else", async () => {
    const ada = await signedIn("Ada");
    await ada.page("/");
    const reply = await ada.fetch(SESSION_ROUTE);
    expect(reply.json()).toEqual({ user: { name: "Ada", signedInAt: expect.any(Number) }, visits: 1 });
    expect(reply.headers.get("cache-control")).toBe("no-store");
  });

  it("sends who is not signed in from the protected page to the form", async () => {
    const reply = await newcomer().page("/account");
    expect(reply.status).toBe(302);
    expect(reply.headers.get("location")).toBe("/sign-in");
    expect((await (await signedIn("Ada")).page("/account")).text).toContain("Only you see this page.");
  });

  it("refuses what comes too often, and says when to come again", async () => {
    const visitor = newcomer();
    const replies = [];
    for (let request = 0; request < 6; request++) replies.push(await visitor.fetch("/api/quote"));
    expect(replies.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 429]);
    const [first, refused] = [replies[0], replies[5]];
    expect(first?.headers.get("ratelimit-policy")).toContain('"/api/quote";q=5;w=10');
    expect(Number(refused?.headers.get("retry-after"))).toBeGreaterThan(0);
    expect((await visitor.fetch("/")).status).toBe(200);
  });

  it("signs in under a new id", async () => {
    const visitor = newcomer();
    await visitor.page("/");
    const before = visitor.jar.value(COOKIE);
    await visitor.post("/api/sign-in", { name: "Ada", password: "sesame" });
    expect(visitor.jar.value(COOKIE)).not.toBe(before);
    expect(await visitor.session()).toMatchObject({ user: { name: "Ada" }, visits: 1 });
  });

  it("signs out everywhere, and leaves others signed in", async () => {
    const [here, there, bob] = [await signedIn("Eve"), await signedIn("Eve"), await signedIn("Bob")];
    expect((await here.fetch("/api/sessions")).json<unknown[]>()).toHaveLength(2);
    await here.post("/api/sign-out-everywhere");
    for (const browser of [here, there]) expect(await browser.session()).not.toHaveProperty("user");
    expect(await bob.session()).toHaveProperty("user");
    await here.post("/api/sign-in", { name: "Eve", password: "sesame" });
    expect(await here.session()).toHaveProperty("user");
  });

  it("ends a session for every copy of its cookie", async () => {
    const ada = await signedIn("Ada");
    const copy = new Visitor(server.origin, ada.jar.clone());
    const reply = await ada.fetch(SESSION_ROUTE, { method: "DELETE", headers: { origin: server.origin } });
    expect(reply.json()).toEqual({});
    expect(await copy.session()).toEqual({});
  });

  it("does not sign out for another site", async () => {
    const ada = await signedIn("Ada");
    const headers = { origin: "https://evil.example", "sec-fetch-site": "cross-site" };
    expect((await ada.fetch(SESSION_ROUTE, { method: "DELETE", headers })).status).toBe(403);
    expect(await ada.session()).toHaveProperty("user");
  });

  it("takes a cookie that was tampered with for none", async () => {
    const ada = await signedIn("Ada");
    const token = ada.jar.value(COOKIE) ?? "";
    ada.jar.set(COOKIE, `${token.slice(0, -1)}${token.endsWith("A") ? "Q" : "A"}`);
    expect((await ada.page("/")).text).not.toContain("Welcome back");
    expect(await ada.session()).not.toHaveProperty("user");
  });

  it("lets nobody try passwords without end", async () => {
    // A server of its own: the limit is of the address that all tests have.
    const other = await serve(built.output, ENVIRONMENT);
    try {
      const visitor = new Visitor(other.origin);
      const statuses = [];
      for (let tries = 0; tries < 31; tries++) {
        statuses.push((await visitor.post("/api/sign-in", { name: "Ada", password: `guess ${tries}` })).status);
      }
      expect(statuses).toEqual([...Array.from({ length: 30 }, () => 401), 429]);
      expect(await visitor.session()).not.toHaveProperty("user");
    } finally {
      await other.stop();
    }
  });

  it("keeps sessions in Redis by one variable, for several servers and past their end", async () => {
    const redis = await redisOfTest();
    const environment = { ...ENVIRONMENT, NUXT_SESSION_STORE_URL: redis.url };
    const first = await serve(built.output, environment);
    const second = await serve(built.output, environment);
    try {
      const here = new Visitor(first.origin);
      expect((await here.post("/api/sign-in", { name: "Ada", password: "sesame" })).status).toBe(200);
      const there = new Visitor(second.origin, here.jar);
      expect((await there.page("/")).text).toContain("Welcome back, Ada");
      // The server with the file knows nothing of it.
      expect(await new Visitor(server.origin, here.jar.clone()).session()).not.toHaveProperty("user");
      await first.stop();
      expect(await there.session()).toHaveProperty("user");
      await there.post("/api/sign-out-everywhere");
      expect(await there.session()).not.toHaveProperty("user");
    } finally {
      await first.stop();
      await second.stop();
    }
  });
});
