import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import ironkeep from "ironkeep/nuxt";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { fakeNuxt } from "./_nuxt.ts";

const VARIABLE = "NUXT_SESSION_PASSWORD";
const LINE = new RegExp(`^${VARIABLE}=([\\w+/=-]{40,})\n`, "m");

let rootDir: string;
beforeEach(() => {
  rootDir = mkdtempSync(join(tmpdir(), "ironkeep-env-"));
  vi.stubEnv(VARIABLE, undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(rootDir, { recursive: true, force: true });
});

const file = (): string => readFileSync(join(rootDir, ".env"), "utf8");
/** Starts Nuxt, and gives what it tells whoever develops. */
async function start(options: object): Promise<string[]> {
  const { nuxt, called } = fakeNuxt({ rootDir, ...options });
  await ironkeep({}, nuxt);
  const told: string[] = [];
  const logger = { info: (message: string) => told.push(message) };
  const { modules } = called("nitro:config", {}) as { modules: { name: string; setup(nitro: object): void }[] };
  modules.find(({ name }) => name === "ironkeep:password")?.setup({ logger });
  return told;
}

describe("nuxt dev", () => {
  it("writes a password to .env once, for its owner, and uses it", async () => {
    expect(await start({ dev: true })).toEqual([expect.stringContaining("wrote a session password to .env")]);
    const [, password] = LINE.exec(file()) ?? [];
    expect(process.env[VARIABLE]).toBe(password);
    expect(statSync(join(rootDir, ".env")).mode & 0o077).toBe(0);
    const before = file();
    expect(await start({ dev: true })).toEqual([]);
    expect(file()).toBe(before);
  });

  it("changes no byte of what is in the file, in whatever encoding that is", async () => {
    const path = join(rootDir, ".env");
    const latin = Buffer.from([...Buffer.from("NAME=J"), 0xf6, ...Buffer.from("rg\r\n")]);
    writeFileSync(path, latin);
    await start({ dev: true });
    expect(readFileSync(path).subarray(0, latin.length)).toEqual(latin);
    expect(LINE.test(file())).toBe(true);
  });

  it("starts all the same where .env cannot be written, and says so", async () => {
    mkdirSync(join(rootDir, ".env"));
    expect(await start({ dev: true })).toEqual([
      expect.stringMatching(/sessions end with it: .env could not be written/),
    ]);
    expect(process.env[VARIABLE]).toMatch(/.{40}/);
  });

  it.each([
    ["KEY=1", "KEY=1\n"],
    ["KEY=1\n", "KEY=1\n"],
  ])("leaves %j as it is, and adds a line", async (content, kept) => {
    writeFileSync(join(rootDir, ".env"), content);
    await start({ dev: true });
    expect(file().replace(LINE, "")).toBe(kept);
  });

  it.each([`${VARIABLE}=\n`, `  export ${VARIABLE} = x`])(
    "writes nothing into a file that says %j",
    async (content) => {
      writeFileSync(join(rootDir, ".env"), content);
      expect(await start({ dev: true })).toEqual([
        expect.stringContaining("give NUXT_SESSION_PASSWORD in .env a value"),
      ]);
      expect(file()).toBe(content);
      expect(process.env[VARIABLE]).toMatch(/.{40}/);
    },
  );

  it("makes another password in every folder", async () => {
    await start({ dev: true });
    const first = file();
    rmSync(join(rootDir, ".env"));
    vi.stubEnv(VARIABLE, undefined);
    await start({ dev: true });
    expect(file()).not.toBe(first);
  });
});

describe("no password is made", () => {
  it.each([
    ["by a build for production", {}],
    ["while types are written", { dev: true, _prepare: true }],
    ["where the configuration has one", { dev: true, runtimeConfig: { session: { password: "configured" } } }],
  ])("%s", async (_title, options) => {
    await start(options);
    expect(process.env[VARIABLE]).toBeUndefined();
    expect(readdirSync(rootDir)).toEqual([]);
  });

  it("where the environment has one", async () => {
    vi.stubEnv(VARIABLE, "from-the-environment");
    await start({ dev: true });
    expect(process.env[VARIABLE]).toBe("from-the-environment");
    expect(readdirSync(rootDir)).toEqual([]);
  });
});
