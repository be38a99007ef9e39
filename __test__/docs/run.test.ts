// The examples of the documentation, run as they stand: what their page says comes of them.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import {
  checkCsrf,
  checkOrigin,
  clientAddress as clientAddressOf,
  csrfToken,
  defineCsrfProtection,
  type SessionConfig,
  type SessionManager,
  useSession,
} from "ironkeep/h3";
import { createSessions } from "ironkeep/sessions";
import { createStore, type SessionStore } from "ironkeep/store";
import { defineEventHandler, type EventHandler, H3, type H3Event, readBody } from "h3-v2";
import { createStorage } from "unstorage";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { runExample } from "./_run.ts";

const password = "kH2x7Qp9vLm4Rt8WzYc3BnJd6FgAs5Eu";
const OTHER = "pX4s8Wm2nVq6Zt9LyRc7HjKd3FgBa5Te";
const config: SessionConfig = { password };

const home = process.cwd();
let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ironkeep-docs-"));
  process.chdir(folder);
  vi.stubEnv("SESSION_PASSWORD", password);
});

afterEach(() => {
  vi.unstubAllEnvs();
  process.chdir(home);
  rmSync(folder, { recursive: true, force: true });
});

/** Requests of a visitor who keeps his cookies. */
function visitor(app: H3) {
  let cookie = "";
  return async (path = "/", init: RequestInit = {}): Promise<Response> => {
    const reply = await app.request(path, { ...init, headers: { ...(init.headers as object), cookie } });
    const set = reply.headers.getSetCookie().map((each) => each.split(";", 1)[0]);
    if (set.length > 0) cookie = set.join("; ");
    return reply;
  };
}

/** Runs an example within a handler, `before` which something else may happen. */
async function inHandler(
  page: string,
  has: string,
  surroundings: object,
  names: readonly string[] = [],
  before?: (event: H3Event) => Promise<object>,
): Promise<Record<string, unknown>> {
  let given: Record<string, unknown> = {};
  const app = new H3().get("/", async (event) => {
    const more = await before?.(event);
    given = await runExample(page, has, { event, ...surroundings, ...more }, names);
    return "done";
  });
  const reply = await visitor(app)();
  expect([reply.status, await reply.text()]).toEqual([200, "done"]);
  return { ...given, cookies: reply.headers.getSetCookie() };
}

const managerOf = async (event: H3Event): Promise<{ session: SessionManager }> => ({
  session: await useSession(event, config),
});

test("README.md counts visits", async () => {
  let app = new H3();
  await runExample("README.md", "serve(app)", { serve: (served: H3) => (app = served) });
  const visit = visitor(app);
  expect(await (await visit()).text()).toBe("Visit 1");
  expect(await (await visit()).text()).toBe("Visit 2");
});

describe("docs/csrf.md", () => {
  const statusOf = async (app: H3, headers: Record<string, string>, path = "/transfer"): Promise<number> =>
    (await app.request(path, { method: "POST", headers })).status;

  test("refuses other sites", async () => {
    const app = new H3();
    await runExample("docs/csrf.md", 'allowedOrigins: ["https://admin.example.com"], bypass', { app });
    app.post("/**", () => "done");
    const foreign = { "sec-fetch-site": "cross-site", origin: "https://evil.example" };
    expect(await statusOf(app, foreign)).toBe(403);
    expect(await statusOf(app, foreign, "/hooks/stripe")).toBe(200);
    expect(await statusOf(app, { ...foreign, origin: "https://admin.example.com" })).toBe(200);
    expect(await statusOf(app, { "sec-fetch-site": "same-origin" })).toBe(200);
  });

  test("asks for a token in the header", async () => {
    const app = new H3();
    await runExample("docs/csrf.md", 'app.get("/csrf"', { app, config, csrfToken, defineCsrfProtection });
    app.post("/transfer", () => "done");
    const visit = visitor(app);
    const token = await (await visit("/csrf")).text();
    const headers = { "sec-fetch-site": "same-origin" };
    expect((await visit("/transfer", { method: "POST", headers })).status).toBe(403);
    const withToken = { ...headers, "x-csrf-token": token };
    expect((await visit("/transfer", { method: "POST", headers: withToken })).status).toBe(200);
  });

  test("asks for a token in a form", async () => {
    const app = new H3();
    const page = (html: string) => new Response(html);
    await runExample("docs/csrf.md", 'name="_csrf"', { app, config, csrfToken, checkCsrf, readBody, page });
    const visit = visitor(app);
    const token = /name="_csrf" value="([\w.-]+)"/.exec(await (await visit("/form")).text())?.[1] ?? "";
    const post = (body: URLSearchParams) =>
      visit("/form", { method: "POST", headers: { "sec-fetch-site": "same-origin" }, body });
    expect((await post(new URLSearchParams({ _csrf: token }))).ok).toBe(true);
    expect((await post(new URLSearchParams({ _csrf: `${token}x` }))).status).toBe(403);
    expect((await post(new URLSearchParams({ other: "1" }))).status).toBe(403);
  });

  test("refuses handshakes of other sites", async () => {
    interface Hooks {
      upgrade(request: Request): void;
    }
    let hooks: Hooks | undefined;
    const defineWebSocketHandler = (given: Hooks) => (hooks = given);
    await runExample("docs/csrf.md", "upgrade(request)", { defineWebSocketHandler, checkOrigin, useSession, config });
    const from = (origin: string) => new Request("http://app.example/", { headers: { origin, host: "app.example" } });
    expect(() => hooks?.upgrade(from("https://evil.example"))).toThrow(expect.objectContaining({ code: "ERR_CSRF" }));
    expect(() => hooks?.upgrade(from("https://admin.example.com"))).not.toThrow();
  });
});

describe("docs/rate-limits.md", () => {
  const PAGE = "docs/rate-limits.md";
  const from = (address: string) => ({ headers: { "x-forwarded-for": address } });

  test("counts requests by address", async () => {
    const app = new H3();
    await runExample(PAGE, 'name: "api"', { app });
    app.get("/", () => "done");
    const reply = await app.request("/", from("203.0.113.7"));
    expect(reply.headers.get("ratelimit-policy")).toBe('"api";q=100;w=60');
    for (let n = 1; n < 100; n++) await app.request("/", from("203.0.113.7"));
    const refused = await app.request("/", from("203.0.113.7"));
    expect([refused.status, refused.headers.get("ratelimit")]).toEqual([429, '"api";r=0;t=1']);
    expect((await app.request("/", from("203.0.113.8"))).status).toBe(200);
  });

  test("counts sign-ins by address, account and all together", async () => {
    const app = new H3();
    await runExample(PAGE, 'by: "all"', { app });
    const signIn = (user: string) => app.request(`/login?user=${user}`, { method: "POST" });
    expect(await (await signIn("ada")).text()).toBe("signed in");
    for (let n = 1; n < 5; n++) await signIn("ada");
    const refused = await signIn("ada");
    expect([refused.status, await refused.json()]).toMatchObject([429, { "violated-policies": ["account"] }]);
    expect((await signIn("bob")).status).toBe(200);
  });

  test("knows the client behind proxies", async () => {
    const socket = { remoteAddress: "127.0.0.1" };
    const headers = { "x-forwarded-for": "6.6.6.6, 203.0.113.7" };
    const event = { node: { req: { socket, headers }, res: {} }, context: {} };
    const seen: unknown[] = [];
    const clientAddress = (...args: Parameters<typeof clientAddressOf>) => seen.push(clientAddressOf(...args));
    await runExample(PAGE, "clientAddress(event); //", { event, clientAddress });
    expect(seen).toEqual(["127.0.0.1", "203.0.113.7", "127.0.0.1"]);
  });

  test("counts what a session spends", async () => {
    const app = new H3();
    app.get("/sign-in", async (event) => {
      await (await useSession(event, config)).regenerate({ userId: "ada" });
      return "in";
    });
    await runExample(PAGE, "tokens: { issued, consumed }", { app, config });
    const visit = visitor(app);
    expect((await visit("/ask")).status).toBe(401);
    await visit("/sign-in");
    expect(await (await visit("/ask")).json()).toEqual({ userId: "ada", left: 990 });
    expect(await (await visit("/ask")).json()).toEqual({ userId: "ada", left: 980 });
  });

  test("counts handshakes and messages", async () => {
    interface Hooks {
      upgrade(request: object): Promise<void>;
      message(peer: object): Promise<void>;
    }
    let hooks: Hooks | undefined;
    await runExample(PAGE, "async message(peer)", { defineWebSocketHandler: (given: Hooks) => (hooks = given) });
    const request = { headers: new Headers(from("203.0.113.7").headers), context: {} };
    for (let n = 0; n < 10; n++) await hooks?.upgrade(request);
    await expect(hooks?.upgrade(request)).rejects.toMatchObject({ code: "ERR_RATE_LIMITED", status: 429 });
    const sent: string[] = [];
    const peer = { request, context: {}, send: (text: string) => sent.push(text) };
    for (let n = 0; n < 61; n++) await hooks?.message(peer);
    expect([sent[59], sent[60]]).toEqual(["done", "again in 1 s"]);
  });

  test("has a budget for forged tokens", async () => {
    const app = new H3();
    await runExample(PAGE, "defineUnsealBudget({", { app, config });
    app.get("/", async (event) => (await useSession(event, { ...config, lazy: true })).data);
    const send = () => app.request("/", { headers: { ...from("203.0.113.7").headers, cookie: "h3=forged" } });
    for (let n = 0; n < 20; n++) expect((await send()).status).toBe(200);
    expect((await send()).status).toBe(429);
  });
});

describe("docs/custom-stores.md", () => {
  test("keeps sessions in a store of one's own", async () => {
    const { default: handler } = await runExample("docs/custom-stores.md", "new MapStore();", { defineEventHandler });
    const reply = await new H3().get("/", handler as EventHandler).request("/");
    expect(reply.status).toBe(200);
  });

  test("checks it", async () => {
    const checks: (() => Promise<unknown>)[] = [];
    const collect = (_: string, check: () => Promise<unknown>) => checks.push(check);
    await runExample("docs/custom-stores.md", "storeClauses", { test: collect });
    expect(checks.length).toBeGreaterThanOrEqual(13);
    await Promise.all(checks.map((check) => check()));
  });

  test("keeps sessions in unstorage", async () => {
    const useStorage = () => createStorage();
    const { store } = await runExample("docs/custom-stores.md", "createUnstorageStore", { useStorage }, ["store"]);
    const sessions = createSessions({ store: store as SessionStore, password });
    const { id } = await sessions.create({ a: 1 });
    expect((await sessions.get(id))?.data).toEqual({ a: 1 });
  });
});

describe("docs/keys.md", () => {
  test("has a ring from the environment", async () => {
    vi.stubEnv("SESSION_KEY_2", password);
    vi.stubEnv("SESSION_KEY_1", OTHER);
    const { default: handler } = await runExample("docs/keys.md", "createKeyring([", { defineEventHandler });
    const reply = await new H3().get("/", handler as EventHandler).request("/");
    expect(reply.headers.getSetCookie()).toEqual([expect.stringMatching(/^h3=Fe26\.2\*k2\*/)]);
  });

  test("says which key has no secret", async () => {
    vi.stubEnv("SESSION_KEY_2", password);
    const running = runExample("docs/keys.md", "createKeyring([", { defineEventHandler });
    await expect(running).rejects.toMatchObject({
      code: "ERR_CONFIG",
      message: expect.stringContaining("Key 2") as string,
    });
  });
});

describe("docs/sessions.md", () => {
  test("signs in", async () => {
    const user = { id: "ada" };
    const { session } = await inHandler("docs/sessions.md", "// signed in", { config, user, useSession }, ["session"]);
    expect((session as SessionManager).userId).toBe("ada");
  });

  test("ends other sign-ins", async () => {
    const names = ["revocation", "config"];
    const given = await inHandler("docs/sessions.md", "revokeUser", { user: { id: "ada" } }, names, managerOf);
    const { config: own, cookies } = given as { config: SessionConfig; cookies: string[] };
    const app = new H3().get("/", async (event) => (await useSession(event, own)).userId ?? "nobody");
    const headers = { cookie: cookies.at(-1)?.split(";", 1)[0] ?? "" };
    expect(await (await app.request("/", { headers })).text()).toBe("ada");
  });

  test("has a schema", async () => {
    const { session } = await inHandler("docs/sessions.md", "z.object", { useSession }, ["session"]);
    expect((session as SessionManager).data).toEqual({});
  });
});

describe("docs/stored-sessions.md", () => {
  test("keeps sessions in a file, and signs in", async () => {
    const names = ["session", "store"];
    const { session, store } = await inHandler("docs/stored-sessions.md", "migrate: {", { password }, names);
    const { userId, data } = session as SessionManager;
    expect({ userId, data }).toEqual({ userId: "ada", data: { visits: 1 } });
    const sessions = createSessions({ store: store as SessionStore, password });
    expect(await sessions.list("ada")).toMatchObject([{ label: "Firefox on Linux" }]);
    await sessions.close();
  });

  test("signs in where the session has ended", async () => {
    const own = { ...config, store: createStore({ driver: "memory" }) };
    const has = "if (session.id === undefined)";
    const { session } = await inHandler("docs/stored-sessions.md", has, { config: own, userId: "ada", useSession }, [
      "session",
    ]);
    expect((session as SessionManager).userId).toBe("ada");
  });

  test("works without an event", async () => {
    const store = createStore({ driver: "memory" });
    await runExample("docs/stored-sessions.md", "await using", { store, password });
    // At the end of its block the example closes the store.
    await expect(createSessions({ store, password }).get("A".repeat(46))).rejects.toMatchObject({
      code: "ERR_STORE_CLOSED",
    });
  });

  test("ends one session of a list", async () => {
    const sessions = createSessions({ store: createStore({ driver: "memory" }), password });
    for (const label of ["laptop", "phone"]) await sessions.create({}, { userId: "ada", label });
    const [{ handle: wanted } = { handle: "" }] = await sessions.list("ada");
    await runExample("docs/stored-sessions.md", "entry?.end()", { sessions, userId: "ada", wanted });
    expect(await sessions.list("ada")).toMatchObject([{ label: "phone" }]);
  });
});

test("docs/stores.md opens a store in a file", async () => {
  const { store } = await runExample("docs/stores.md", 'driver: "sqlite"', {}, ["store"]);
  const sessions = createSessions({ store: store as SessionStore, password });
  const { id } = await sessions.create({ a: 1 });
  expect((await sessions.get(id))?.data).toEqual({ a: 1 });
  await sessions.close();
});
