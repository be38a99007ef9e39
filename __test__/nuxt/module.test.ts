import { existsSync } from "node:fs";

import nitroModule from "ironkeep/nitro";
import ironkeep from "ironkeep/nuxt";
import { describe, expect, it } from "vitest";

import { SESSION_ROUTE } from "./_visitor.ts";
import { fakeNuxt } from "./_nuxt.ts";

/** What is registered by paths without an extension, which bundlers add. */
const exists = (path: unknown): boolean => existsSync(`${String(path)}.js`);
const nameOf = (path: unknown): string | undefined => String(path).split("/").at(-1);

async function plugins(options: object): Promise<(string | undefined)[]> {
  const { nuxt } = fakeNuxt();
  await ironkeep(options, nuxt);
  return nuxt.options.plugins.map((plugin) => nameOf((plugin as { src: string }).src));
}

describe("ironkeep/nuxt", () => {
  it("says what it is, as Nuxt asks its modules", async () => {
    expect(await ironkeep.getMeta()).toEqual({
      name: "ironkeep",
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      configKey: "ironkeep",
      compatibility: { nuxt: ">=4.0.0 <5" },
    });
  });

  it("registers files that are there", async () => {
    const { nuxt, called } = fakeNuxt();
    await ironkeep({}, nuxt);
    const imports = called("imports:extend", [] as { name: string; from: string }[]);
    expect(imports.map(({ name }) => name)).toEqual(["useUserSession"]);
    const { plugins: ofNitro, handlers } = called("nitro:config", {}) as {
      plugins: string[];
      handlers: { handler: string }[];
    };
    const files = [
      ...imports.map(({ from }) => from),
      ...nuxt.options.plugins.map((plugin) => (plugin as { src: string }).src),
      ...handlers.map(({ handler }) => handler),
      ...ofNitro,
    ];
    expect(files.length).toBeGreaterThan(6);
    expect(files.filter((path) => !exists(path))).toEqual([]);
  });

  it("has Nitro set up by Nitro's module, once, and lets no cache and no other server have the session", async () => {
    const { nuxt, called } = fakeNuxt();
    expect(await ironkeep({}, nuxt)).toBeUndefined();
    expect(await ironkeep({}, nuxt)).toBe(false);
    const rules = { "/api/**": { swr: true, isr: 60 }, [SESSION_ROUTE]: { cors: true } };
    const config = called("nitro:config", { modules: ["another"], routeRules: rules });
    // Each by its name: Nitro merges the rule for all of the API into this one.
    const none = { cache: false, swr: false, isr: false, cors: true, headers: { "cache-control": "no-store" } };
    expect(config).toMatchObject({
      modules: ["another", nitroModule, {}],
      routeRules: { ...rules, [SESSION_ROUTE]: none },
    });
    const { setup } = (config as unknown as { modules: { setup(nitro: object): void }[] }).modules[2] ?? {};
    const nitro = { options: { routeRules: { [SESSION_ROUTE]: { proxy: undefined } } }, hooks: { hook: () => {} } };
    setup?.(nitro);
    // Where it is undefined, that of a rule for more paths is merged into it.
    expect(nitro.options.routeRules[SESSION_ROUTE]).toMatchObject({ proxy: false, redirect: false });
  });

  it("is off where the configuration says so", async () => {
    const { nuxt } = fakeNuxt({ ironkeep: false });
    expect(await ironkeep({}, nuxt)).toBe(false);
    expect(nuxt.options.plugins).toEqual([]);
  });

  it("gives sessions nuxt-auth-utils' name, unless they have one", async () => {
    const named = { runtimeConfig: { session: { name: "mine", maxAge: 60 } } };
    const [plain, own] = [fakeNuxt(), fakeNuxt(named)];
    await ironkeep({}, plain.nuxt);
    await ironkeep({}, own.nuxt);
    expect(plain.nuxt.options.runtimeConfig).toMatchObject({ session: { name: "nuxt-session", password: "" } });
    expect(own.nuxt.options.runtimeConfig).toMatchObject({ session: { name: "mine", password: "", maxAge: 60 } });
  });

  it.each(["3.21.0", "2.17.0", "5.0.0-alpha.1"])("refuses Nuxt %s", async (version) => {
    await expect(ironkeep({}, fakeNuxt({}, version).nuxt)).rejects.toMatchObject({
      code: "ERR_CONFIG",
      message: `ironkeep/nuxt needs Nuxt >=4.0.0 <5, and this is ${version}`,
    });
  });
});

describe("the options", () => {
  it("are those of nuxt.config and those beside the module's name", async () => {
    const { nuxt } = fakeNuxt({ ironkeep: { expose: ["cart"], load: "client" } });
    await ironkeep({ expose: ["visits"] }, nuxt);
    expect(nuxt.options.runtimeConfig).toMatchObject({ ironkeep: { expose: ["visits"] } });
    expect(nuxt.options.plugins).toHaveLength(3);
  });

  it("choose when the session is filled, and when it is looked at again", async () => {
    const all = ["session.server", "fill.server", "session.client", "focus.client"];
    expect(await plugins({})).toEqual(all);
    expect(await plugins({ load: "client" })).toEqual(all.toSpliced(1, 1));
    expect(await plugins({ refreshOnFocus: false })).toEqual(all.slice(0, 3));
  });

  it.each([
    [{ exposes: ["cart"] }, 'there is no option "exposes": did you mean "expose"?'],
    [{ zebra: 1 }, /there is no option "zebra"$/],
    [{ toString: 1 }, 'there is no option "toString"'],
    [{ expose: "cart" }, "ironkeep.expose in nuxt.config has to be a list of names of session data"],
    [{ expose: [""] }, "ironkeep.expose in nuxt.config has to be a list of names of session data"],
    [{ load: "never" }, 'ironkeep.load in nuxt.config has to be "server" or "client"'],
    [{ refreshOnFocus: 1 }, "ironkeep.refreshOnFocus in nuxt.config has to be true or false"],
  ])("%j is refused by name", async (options, message) => {
    const set = ironkeep(options as object, fakeNuxt().nuxt);
    await expect(set).rejects.toThrow(message);
    await expect(set).rejects.toMatchObject({ code: "ERR_CONFIG" });
  });
});

describe("limits of routes", () => {
  /** The handlers of the session's own route. */
  const OWN = ["session.get", "session.delete"];

  interface Config {
    routeRules: Record<string, object>;
    handlers: { handler: string }[];
    plugins: string[];
    modules: { name: string; setup(nitro: object): void }[];
  }

  async function configured(routeRules: Record<string, unknown>): Promise<Config> {
    const { nuxt, called } = fakeNuxt();
    await ironkeep({}, nuxt);
    return called("nitro:config", { routeRules, handlers: [{ handler: "another" }] }) as Config;
  }

  it("are named by their patterns, and counted by a middleware in front of the app's", async () => {
    const {
      routeRules,
      handlers,
      plugins: ofNitro,
    } = await configured({
      "/api/**": { ironkeep: { rateLimit: "100/1m" }, cors: true },
      "/letters": { ironkeep: { rateLimit: { quota: "5/1m", by: "user", name: "letters" } } },
      "/straße": { ironkeep: { rateLimit: "1/1s" } },
    });
    expect(routeRules).toMatchObject({
      "/api/**": { ironkeep: { rateLimit: JSON.stringify({ name: "/api/**", quota: "100/1m" }) }, cors: true },
      "/letters": { ironkeep: { rateLimit: JSON.stringify({ name: "letters", quota: "5/1m", by: "user" }) } },
      "/straße": { ironkeep: { rateLimit: JSON.stringify({ name: "/stra%C3%9Fe", quota: "1/1s" }) } },
    });
    expect(handlers.map(({ handler }) => nameOf(handler))).toEqual(["rate-limit", "another", ...OWN]);
    expect(exists(handlers[0]?.handler)).toBe(true);
    expect(ofNitro.map(nameOf)).toEqual(["user-session", "limited-proxies"]);
    expect(exists(ofNitro[1])).toBe(true);
  });

  it("are no part of each other where several patterns match, and have buckets of their own", async () => {
    const long = `/${"a".repeat(70)}`;
    const { routeRules } = await configured({
      "/api/**": { ironkeep: { rateLimit: { quota: "100/1m", dryRun: true } } },
      "/api/sign-in": { ironkeep: { rateLimit: "10/1m" } },
      [`${long}/1`]: { ironkeep: { rateLimit: "1/1s" } },
      [`${long}/2`]: { ironkeep: { rateLimit: "1/1s" } },
    });
    const limits = Object.values(routeRules as Record<string, { ironkeep?: { rateLimit: unknown } }>).flatMap(
      ({ ironkeep: own }) => own?.rateLimit ?? [],
    );
    // An object would be merged into that of the more specific pattern, key by key.
    expect(limits.map((limit) => typeof limit)).toEqual(["string", "string", "string", "string"]);
    const names = limits.map((limit) => (JSON.parse(String(limit)) as { name: string }).name);
    expect(new Set(names).size).toBe(4);
    expect(names.every((name) => name.length <= 64)).toBe(true);
  });

  it("are found in lower case, since pages answer to any", async () => {
    const { routeRules } = await configured({
      "/api/signIn": { ironkeep: { rateLimit: "5/1m" }, cors: true },
      "/Account": { ironkeep: { rateLimit: "9/1m" } },
      "/account": { ssr: false },
    });
    const limit = (name: string, quota: string): object => ({ rateLimit: JSON.stringify({ name, quota }) });
    expect(routeRules["/api/signin"]).toEqual({ ironkeep: limit("/api/signIn", "5/1m") });
    expect(routeRules["/account"]).toEqual({ ssr: false, ironkeep: limit("/Account", "9/1m") });
    const both = { "/a": { ironkeep: { rateLimit: "1/1s" } }, "/A": { ironkeep: { rateLimit: "2/1s" } } };
    await expect(configured(both)).rejects.toThrow(
      /^ironkeep of routeRules\["\/A"\]: differs from "\/a" by case alone/,
    );
  });

  it("that come when they were read already are refused, since nobody may count them", async () => {
    const { modules, routeRules } = await configured({ "/api/**": { ironkeep: { rateLimit: "100/1m" } } });
    const settle = (rules: object): void => {
      const hook = (name: string, run: () => void): void => {
        if (name === "build:before") run();
      };
      modules.find(({ name }) => name === "ironkeep:rules")?.setup({ options: { routeRules: rules }, hooks: { hook } });
    };
    expect(() => settle(routeRules)).not.toThrow();
    for (const rateLimit of ["5/1m", { quota: "5/1m" }]) {
      expect(() => settle({ ...routeRules, "/late": { ironkeep: { rateLimit } } })).toThrow(
        'ironkeep of routeRules["/late"]: came after the limits were read: put it into routeRules of nuxt.config',
      );
    }
  });

  it("cost nothing where there are none", async () => {
    const { handlers, plugins: ofNitro } = await configured({ "/api/**": { cors: true }, "/b": { ironkeep: {} } });
    expect(handlers.map(({ handler }) => nameOf(handler))).toEqual(["another", ...OWN]);
    expect(ofNitro.map(nameOf)).toEqual(["user-session"]);
  });

  it.each([
    [{ rateLimits: "1/1s" }, 'ironkeep of routeRules["/a"]: there is no option "rateLimits": it takes rateLimit'],
    [{ rateLimit: "often" }, /^ironkeep of routeRules\["\/a"\]: /],
    [{ rateLimit: { by: "user" } }, /quota/],
    [{ rateLimit: { quota: "1/1s", by: "stranger" } }, /\bby\b/],
    [{ rateLimit: { quota: "1/1s", quotas: 1 } }, /quotas/],
  ])("%j is refused when the app is built", async (rule, message) => {
    const { nuxt, called } = fakeNuxt();
    await ironkeep({}, nuxt);
    const config = { routeRules: { "/a": { ironkeep: rule } } };
    expect(() => called("nitro:config", config)).toThrow(message);
  });
});
