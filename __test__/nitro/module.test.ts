import { existsSync } from "node:fs";

import ironkeep, { setupNitro } from "ironkeep/nitro";
import * as h3 from "ironkeep/h3";
import * as runtime from "ironkeep/nitro/runtime";
import { afterEach, describe, expect, it, vi } from "vitest";

import { type FakeNitro, namesOf, nitro3, nitro300, nitropack2 } from "./_nitro.ts";

const VARIABLES = [
  "NUXT_SESSION_PASSWORD",
  "NITRO_SESSION_PASSWORD",
  "_SESSION_PASSWORD",
  "SESSION_PASSWORD",
  "IRONKEEP_KEYS",
];

afterEach(() => vi.unstubAllEnvs());

function setUp(nitro: FakeNitro): FakeNitro {
  for (const name of VARIABLES) vi.stubEnv(name, undefined);
  void ironkeep.setup(nitro);
  return nitro;
}

async function pluginOf({ options }: FakeNitro): Promise<string> {
  const [id = ""] = options.plugins;
  const source = options.virtual[id];
  return typeof source === "function" ? source() : (source ?? "");
}

describe("the plugin", () => {
  it.each([
    ["nitropack 2", nitropack2, "nitropack/runtime", 1],
    ["Nitro 3", nitro3, "nitro/runtime-config", 2],
    ["Nitro 3.0.0", nitro300, "nitro/runtime", 2],
  ])("of %s reads the config where that has it, and seals as its h3", async (_name, make, from, generation) => {
    const nitro = setUp(make());
    expect(nitro.options.plugins).toHaveLength(1);
    const source = await pluginOf(nitro);
    expect(source).toContain(`import { useRuntimeConfig } from "${from}"`);
    expect(source).toContain(`"generation":${generation},"isPrerendering":false`);
  });

  it("has its store closed by the app's hooks, and in Nitro 3 also where the app has switched those off", async () => {
    const features = { runtimeHooks: false };
    for (const make of [nitropack2, nitro3, nitro300]) {
      expect(await pluginOf(setUp(make()))).toMatch(/, nitro\.hooks\);\n$/);
    }
    const source = await pluginOf(setUp(nitro3({ features })));
    expect(source).toContain('import { useNitroHooks } from "nitro/app";');
    expect(source).toMatch(/, useNitroHooks\(\)\);\n$/);
    // 3.0.0 and nitropack have hooks whatever is said.
    for (const make of [nitropack2, nitro300])
      expect(await pluginOf(setUp(make({ features })))).toContain("nitro.hooks");
  });

  it("knows the prerenderer", async () => {
    expect(await pluginOf(setUp(nitropack2({ preset: "nitro-prerender" })))).toContain('"isPrerendering":true');
  });

  it("is added once, however often the module is set up", () => {
    const nitro = setUp(nitropack2());
    setupNitro(nitro);
    expect(nitro.options.plugins).toHaveLength(1);
    expect(nitro.options.externals?.external).toHaveLength(1);
  });
});

describe("the addon is traced", () => {
  it("by traceDeps, where there is that", () => {
    const nitro = setUp(nitro3({ traceDeps: ["sharp"] }));
    expect(nitro.options.traceDeps).toEqual(["sharp", "ironkeep"]);
  });

  it("by a function in nitropack, which outranks every other matcher", () => {
    const { externals } = setUp(nitropack2()).options;
    const isOurs = externals?.external[0] as (id: unknown) => boolean;
    const ours = [
      "ironkeep",
      "ironkeep/h3",
      "ironkeep-linux-x64-gnu",
      "/app/node_modules/ironkeep/dist/h3/index.js",
      "/app/node_modules/.pnpm/ironkeep@0.1.0/node_modules/ironkeep/index.cjs",
      String.raw`C:\app\node_modules\ironkeep\index.cjs`,
    ];
    expect(ours.filter((id) => !isOurs(id))).toEqual([]);
    const others = [
      "ironkeeper",
      "iron",
      "@x/ironkeep",
      "/app/node_modules/h3/dist/index.mjs",
      "/work/ironkeep/app.ts",
      "/app/node_modules/ironkeep/dist/nuxt/runtime/app/composables/user.js",
      undefined,
    ];
    expect(others.filter((id) => isOurs(id))).toEqual([]);
  });
});

describe("what is imported by itself", () => {
  it("is before h3's of the same name", () => {
    const presets = setUp(nitropack2({ imports: { presets: [{ from: "h3", imports: ["useSession"] }] } })).options
      .imports;
    if (presets === false) throw new Error("imports are off");
    const [theirs, ...ours] = presets.presets;
    expect(theirs?.from).toBe("h3");
    expect(ours.map(({ from }) => from)).toEqual(["ironkeep/nitro/runtime", "ironkeep/h3"]);
    expect(ours.every(({ priority = 1 }) => priority > 1)).toBe(true);
  });

  it("is there, and has every session helper that h3 has", () => {
    const { imports } = setUp(nitropack2()).options;
    if (imports === false) throw new Error("imports are off");
    const [fromRuntime, fromH3] = imports.presets;
    const modules = [
      [runtime, fromRuntime],
      [h3, fromH3],
    ] as const;
    for (const [module, preset] of modules) {
      expect(Object.keys(module)).toEqual(expect.arrayContaining(preset ? namesOf(preset) : ["?"]));
    }
    const names = imports.presets.flatMap(namesOf);
    expect(names).toEqual(
      expect.arrayContaining([
        "useSession",
        "getSession",
        "updateSession",
        "sealSession",
        "unsealSession",
        "clearSession",
      ]),
    );
    expect(names.toSorted()).toEqual([...new Set([...names, ...Object.keys(h3)])].toSorted());
    expect(names).not.toContain("startSessions");
  });

  it("has its types in files, since Nitro 2 looks for no entries of packages", () => {
    const { imports } = setUp(nitropack2()).options;
    if (imports === false) throw new Error("imports are off");
    const files = imports.presets.flatMap(({ imports: all }) =>
      all.map((one) => (one as { typeFrom: string }).typeFrom),
    );
    expect(files.length).toBeGreaterThan(20);
    expect(files.filter((file) => !existsSync(`${file}.d.ts`))).toEqual([]);
  });

  it("is nothing where the app or the framework does not want it", () => {
    expect(setUp(nitropack2({ imports: false })).options.imports).toBe(false);
    const nitro = nitropack2();
    setupNitro(nitro, { imports: false });
    expect(nitro.options.imports).toEqual({ presets: [] });
  });
});

describe("a preset whose runtime loads no addon", () => {
  it.each([
    "cloudflare-module",
    "cloudflare_pages",
    "cloudflare-durable",
    "vercel-edge",
    "netlify-edge",
    "deno-deploy",
    "service-worker",
    "winterjs",
    "zephyr",
  ])("%s: one line", (preset) => {
    const setup = (): unknown => setUp(nitro3({ preset }));
    expect(setup).toThrow(new RegExp(`"${preset}" loads no native addon.*build for Node`));
    const line = (() => {
      try {
        setup();
        return "";
      } catch (error) {
        return (error as Error).stack ?? "";
      }
    })();
    expect(line.split("\n")).toHaveLength(1);
  });

  it.each([
    "node-server",
    "vercel",
    "netlify",
    "aws-lambda",
    "bun",
    "deno-server",
    "nitro-dev",
    "nitro-prerender",
    "static",
    "cloudflare-pages-static",
    "edgeone-pages",
    "stormkit",
  ])("%s is none", (preset) => {
    expect(() => setUp(nitropack2({ preset }))).not.toThrow();
  });
});

describe("runtimeConfig.session", () => {
  it("has a place for what the environment can set, and keeps what the app says", () => {
    const session = { name: "app", maxAge: 60, cookie: { secure: false }, store: { driver: "memory" } };
    expect(setUp(nitropack2({ runtimeConfig: { session } })).options.runtimeConfig.session).toEqual({
      password: "",
      name: "app",
      maxAge: 60,
      idleTimeout: "",
      audience: "",
      cookie: { domain: "", secure: false },
      store: { driver: "memory", path: "", url: "" },
    });
  });

  it("has no password in a build, of whatever environment", () => {
    const nitro = nitropack2();
    vi.stubEnv("NITRO_SESSION_PASSWORD", "of-the-machine-that-builds-0123456789");
    void ironkeep.setup(nitro);
    expect(nitro.options.runtimeConfig.session?.["password"]).toBe("");
    expect(JSON.stringify(nitro.options)).not.toContain("of-the-machine");
  });

  it("has a password of its own in development, the same after a change of the config, and says so once", () => {
    const nitro = setUp(nitropack2({ dev: true }));
    const password = nitro.options.runtimeConfig.session?.["password"];
    expect(password).toMatch(/^[\w-]{43}$/);
    nitro.options.runtimeConfig = {};
    nitro.call("rollup:reload");
    expect(nitro.options.runtimeConfig).toEqual({ session: expect.objectContaining({ password }) });
    expect(nitro.logged).toHaveLength(1);
    expect(nitro.logged.join()).not.toContain(String(password));
    expect(setUp(nitropack2({ dev: true })).options.runtimeConfig.session?.["password"]).not.toBe(password);
  });

  it.each(VARIABLES)("has none in development where %s is set", (name) => {
    const nitro = nitropack2({ dev: true });
    for (const other of VARIABLES) vi.stubEnv(other, undefined);
    vi.stubEnv(name, "x");
    void ironkeep.setup(nitro);
    expect(nitro.options.runtimeConfig.session?.["password"]).toBe("");
  });
});
