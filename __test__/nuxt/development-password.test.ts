import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
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
const start = (options: object): Promise<unknown> => ironkeep({}, fakeNuxt({ rootDir, ...options }).nuxt);

describe("nuxt dev", () => {
  it("writes a password to .env once, for its owner, and uses it", async () => {
    await start({ dev: true });
    const [, password] = LINE.exec(file()) ?? [];
    expect(process.env[VARIABLE]).toBe(password);
    expect(statSync(join(rootDir, ".env")).mode & 0o077).toBe(0);
    const before = file();
    await start({ dev: true });
    expect(file()).toBe(before);
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
      await start({ dev: true });
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
