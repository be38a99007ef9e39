import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type * as runtime from "ironkeep/nitro/runtime";
import { sessionConfig, startSessions, useSessions, useSessionStore } from "ironkeep/nitro/runtime";
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";

import { readRuntimeConfig } from "../../dist/nitro/runtime/config.js";
import { PASSWORD } from "../h3/_passwords.ts";
import { captureWarnings } from "../h3/_warnings.ts";

type Hook = (argument?: unknown) => unknown;

class FakeApp {
  readonly #hooks = new Map<string, Hook[]>();
  readonly hooks = {
    hook: (name: string, callback: Hook): void => {
      this.#hooks.set(name, [...(this.#hooks.get(name) ?? []), callback]);
    },
  };

  has(name: string): boolean {
    return this.#hooks.has(name);
  }

  async call(name: string, argument?: unknown): Promise<void> {
    for (const callback of this.#hooks.get(name) ?? []) await callback(argument);
  }
}

const IN_PRODUCTION = { generation: 2, isPrerendering: false } as const;

function start(session: unknown, options: Parameters<typeof startSessions>[2] = IN_PRODUCTION): FakeApp {
  const app = new FakeApp();
  startSessions(app, { session }, options);
  onTestFinished(() => app.call("close"));
  return app;
}

beforeEach(() => {
  for (const name of ["NUXT_SESSION_PASSWORD", "SESSION_PASSWORD", "IRONKEEP_KEYS"]) vi.stubEnv(name, undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

describe("a password", () => {
  it("that is missing keeps the server from starting, and the error says how to make one", () => {
    expect(() => start({ password: "" })).toThrow(/NITRO_SESSION_PASSWORD.*npx ironkeep keys generate$/);
    expect(() => start(undefined)).toThrow(expect.objectContaining({ code: "ERR_CONFIG" }));
  });

  it.each(["NUXT_SESSION_PASSWORD", "SESSION_PASSWORD"])("is that of %s", (name) => {
    vi.stubEnv(name, PASSWORD);
    start({ password: "" });
    expect(sessionConfig().password).toBe(PASSWORD);
  });

  it("is a ring where IRONKEEP_KEYS has keys", () => {
    vi.stubEnv("IRONKEEP_KEYS", `k1:${randomBytes(32).toString("base64url")}`);
    start({ seal: { format: "ik1" } });
    expect(sessionConfig().password).not.toBeTypeOf("string");
  });

  it("is not needed where pages are rendered while the app is built, and neither is the store", () => {
    const app = start(
      { store: { driver: "sqlite", path: "/nowhere/sessions.db" } },
      { generation: 1, isPrerendering: true },
    );
    expect(sessionConfig().password).toBeTypeOf("string");
    expect(useSessionStore()).toBeUndefined();
    expect(app.has("request")).toBe(true);
    expect(app.has("close")).toBe(false);
  });

  it("that looks typed cannot sign the ids of a store: the server does not start", () => {
    const session = { password: "password".repeat(5), store: { driver: "memory" } };
    expect(() => start(session)).toThrow(expect.objectContaining({ code: "ERR_KEY_WEAK" }));
  });
});

describe("the configuration", () => {
  it("is read from text where the environment set it, and what is not set is left out", () => {
    start({ password: PASSWORD, name: "", maxAge: "3600", idleTimeout: "", cookie: { domain: "", secure: false } });
    expect(sessionConfig()).toEqual({ password: PASSWORD, maxAge: 3600, cookie: { secure: false }, generation: 2 });
  });

  it("names a text that is no number, and does not repeat it", () => {
    const session = { password: PASSWORD, maxAge: "an hour" };
    expect(() => start(session)).toThrow(/^runtimeConfig\.session\.maxAge: has to be a number$/);
  });

  it("is under what a handler gives, attributes of the cookie one by one", () => {
    start({ password: PASSWORD, name: "app", maxAge: 60, cookie: { secure: false } });
    const overrides = { maxAge: 120, cookie: { sameSite: "strict" as const } };
    const both = {
      password: PASSWORD,
      name: "app",
      maxAge: 120,
      cookie: { secure: false, sameSite: "strict" },
      generation: 2,
    };
    expect(sessionConfig(overrides)).toEqual(both);
    expect(sessionConfig({ cookie: false })).toMatchObject({ cookie: false, name: "app" });
    // A configuration that is another object each time would be looked at anew in each call.
    expect(sessionConfig(overrides)).toBe(sessionConfig(overrides));
    expect(sessionConfig()).toBe(sessionConfig());
  });

  it("that cannot work keeps the server from starting", () => {
    expect(() => start({ password: PASSWORD, seal: { format: "ik1" } })).toThrow(
      expect.objectContaining({ code: "ERR_CONFIG" }),
    );
    expect(() => start({ password: PASSWORD, store: { driver: "sqlit" } })).toThrow(/did you mean "sqlite"/);
    expect(() => start({ password: PASSWORD, store: { maxData: 1024 } })).toThrow(/no driver: say which store/);
  });
});

describe("an option of the wrong form", () => {
  it.each([
    [
      { store: "redis://localhost:6379" },
      "runtimeConfig.session.store: has to be an object with the options of a store",
    ],
    [{ store: true }, "runtimeConfig.session.store: has to be"],
    [{ store: ["sqlite"] }, "runtimeConfig.session.store: has to be"],
    [{ cookie: "none" }, "runtimeConfig.session.cookie: has to be an object with attributes, or false"],
    [{ maxAge: -1 }, "runtimeConfig.session.maxAge: has to be a number, and not below 0"],
    [{ maxAge: true }, "runtimeConfig.session.maxAge: has to be"],
    [{ idleTimeout: {} }, "runtimeConfig.session.idleTimeout: has to be"],
    [{ lazy: "yes" }, "runtimeConfig.session.lazy: has to be true or false"],
    [{ legacySealFallback: 0 }, "runtimeConfig.session.legacySealFallback: has to be"],
    [{ generation: 3 }, "runtimeConfig.session.generation: has to be 1 or 2"],
    [{ salts: "old" }, "runtimeConfig.session.salts: has to be"],
    [{ seal: "ik1" }, "runtimeConfig.session.seal: has to be an object with options"],
    [{ sessionHeader: 5 }, "runtimeConfig.session.sessionHeader: has to be the name of a header, or false"],
    [{ sessionHeader: "x session" }, "sessionHeader: has to be the name of a header, or false"],
    [{ name: "my app" }, "name: has to make the name of a header, or set sessionHeader"],
    [{ password: "too short" }, "Password string too short (min 32 characters required)"],
    [{ password: "too short", generation: 1 }, "Password string too short (min 32 characters required)"],
  ])("%j keeps the server from starting", (session, message) => {
    expect(() => start({ password: PASSWORD, ...session })).toThrow(message);
  });

  it("is none on h3 1 for a name that makes no header, where none is asked for", () => {
    const options = { ...IN_PRODUCTION, generation: 1 } as const;
    start({ password: PASSWORD, name: "my app" }, options);
    expect(() => start({ password: PASSWORD, sessionHeader: "x session" }, options)).toThrow(
      "sessionHeader: has to be",
    );
  });

  it("is none where the environment wrote what is meant", () => {
    start({
      password: PASSWORD,
      lazy: "false",
      legacySealFallback: "true",
      generation: "1",
      store: false,
      cookie: "false",
    });
    expect(sessionConfig()).toMatchObject({ lazy: false, legacySealFallback: true, generation: 1, cookie: false });
    expect(useSessionStore()).toBeUndefined();
  });
});

describe("the store that the environment names", () => {
  const sqlite = { driver: "sqlite", path: "sessions.db" };
  it.each([
    ["none", { driver: "", path: "", url: "" }, undefined],
    ["a file", { driver: "", path: "sessions.db", url: "" }, sqlite],
    ["the app's", { ...sqlite, url: "" }, sqlite],
    [
      "Redis in the place of the app's",
      { ...sqlite, url: "redis://localhost" },
      { driver: "redis", url: "redis://localhost" },
    ],
    [
      "Redis in the place of the app's memory, whose options it does not have",
      { driver: "memory", maxBytes: 1e6, whenFull: "refuse", deadline: 100, url: "redis://localhost" },
      { driver: "redis", url: "redis://localhost", deadline: 100 },
    ],
    [
      "one Redis in the place of a Cluster, with all else that was said of it",
      { driver: "redis", cluster: ["redis://one"], prefix: "app:", url: "redis://localhost" },
      { driver: "redis", url: "redis://localhost", prefix: "app:" },
    ],
    ["another driver than the app's", { ...sqlite, driver: "memory" }, { driver: "memory" }],
    ["numbers as text", { driver: "memory", maxData: "1024" }, { driver: "memory", maxData: 1024 }],
  ])("%s", (_name, store, read) => {
    expect(readRuntimeConfig({ store }).store).toEqual(read);
  });
});

describe("the store", () => {
  const options = (): { driver: string; path: string } => {
    const folder = mkdtempSync(join(tmpdir(), "ironkeep-nitro-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    return { driver: "sqlite", path: join(folder, "sessions.db") };
  };

  it("is one for the process, which tasks have too, and ends with the server", async () => {
    const app = start({ password: PASSWORD, store: options() });
    const store = useSessionStore();
    expect(sessionConfig().store).toBe(store);
    await useSessions().create({ visits: 1 }, { userId: "ada" });
    expect(await store?.count({ now: Date.now() }, "ada")).toBe(1);
    expect(useSessions()).toBe(useSessions());
    await app.call("close");
    await expect(store?.count({ now: Date.now() }, "ada")).rejects.toMatchObject({ code: "ERR_STORE_CLOSED" });
  });

  it("ends with other hooks than the app's, where it has none", async () => {
    const closing = new FakeApp();
    startSessions({}, { session: { password: PASSWORD, store: options() } }, IN_PRODUCTION, closing.hooks);
    const store = useSessionStore();
    expect(await store?.count({ now: Date.now() }, "ada")).toBe(0);
    await closing.call("close");
    await expect(store?.count({ now: Date.now() }, "ada")).rejects.toMatchObject({ code: "ERR_STORE_CLOSED" });
  });

  it("that does not open is said when the server starts, which goes on", async () => {
    const warnings = captureWarnings();
    start({
      password: PASSWORD,
      store: { driver: "sqlite", path: join(tmpdir(), "ironkeep-no-such-folder", "sessions.db") },
    });
    await vi.waitFor(() => expect(warnings.join("\n")).toMatch(/The session store "sqlite" does not answer: /));
  });

  it("is what useSessions needs", () => {
    start({ password: PASSWORD });
    expect(() => useSessions()).toThrow(/give runtimeConfig\.session a `store`/);
  });

  it("is left out by a handler that says so", () => {
    start({ password: PASSWORD, store: options() });
    expect(sessionConfig({ store: undefined }).store).toBeUndefined();
  });

  it("has expired sessions removed", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    onTestFinished(() => void vi.useRealTimers());
    const app = start({ password: PASSWORD, store: { driver: "memory" } });
    const store = useSessionStore();
    const swept = vi.spyOn(store as NonNullable<typeof store>, "deleteExpired");
    await vi.advanceTimersByTimeAsync(60_000);
    expect(swept).toHaveBeenCalledTimes(1);
    await app.call("close");
    await vi.advanceTimersByTimeAsync(180_000);
    expect(swept).toHaveBeenCalledTimes(1);
  });
});

describe("requests are recorded", () => {
  const noHooks = { hooks: undefined };
  it.each([
    ["Nitro 3.0.0, whose hook has no event", (config: object) => ({ ...new FakeApp(), _h3: { config } })],
    ["Nitro 3 without hooks", (config: object) => ({ ...noHooks, h3: { config } })],
  ])("in %s, before what the app does first", (_name, appOf) => {
    const config: { onRequest?: (event: unknown) => unknown } = { onRequest: () => "theirs" };
    startSessions(appOf(config), { session: { password: PASSWORD } }, IN_PRODUCTION);
    const context: Record<PropertyKey, unknown> = {};
    const event = { req: new Request("http://localhost/"), res: { headers: new Headers() }, context };
    expect(config.onRequest?.(event)).toBe("theirs");
    expect(Object.getOwnPropertySymbols(context).map((symbol) => context[symbol])).toEqual([event]);
  });
});

describe("before the start", () => {
  type Runtime = Pick<typeof runtime, "sessionConfig" | "startSessions" | "useSession">;
  const fresh = async (): Promise<Runtime> => {
    vi.resetModules();
    return (await import("ironkeep/nitro/runtime")) as Runtime;
  };

  it("a configuration can be asked for, by a middleware's file, and is whole from the start on", async () => {
    const { sessionConfig: ask, startSessions: begin } = await fresh();
    const [plain, merged] = [ask(), ask({ maxAge: 5 })];
    begin(new FakeApp(), { session: { password: PASSWORD, name: "app" } }, IN_PRODUCTION);
    expect(plain).toEqual({ password: PASSWORD, name: "app", generation: 2 });
    expect(merged).toEqual({ ...plain, maxAge: 5 });
    expect(ask()).toEqual(plain);
  });

  it("the helpers say what to add", async () => {
    const event = { headers: new Headers(), context: {} };
    await expect((await fresh()).useSession(event)).rejects.toThrow(/add "ironkeep\/nitro" to `modules`/);
  });
});
