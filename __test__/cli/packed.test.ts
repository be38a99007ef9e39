import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { npm } from "../_command.ts";
import { installPacked, removePacked } from "../_pack.ts";
import { cliJson } from "./_cli.ts";
import { PASSWORD, sealed, SESSION } from "./_samples.ts";

describe("an installed package", () => {
  const scripts = { key: "ironkeep keys generate" };
  let app: string;

  beforeAll(async () => {
    app = mkdtempSync(join(tmpdir(), "ironkeep-app-"));
    writeFileSync(join(app, "package.json"), JSON.stringify({ name: "app", private: true, scripts }));
    await installPacked(app);
  });

  afterAll(() => {
    removePacked();
    rmSync(app, { recursive: true, force: true });
  });

  it("has the command, which npm runs by its name", async () => {
    const { stdout } = await npm(["run", "--silent", "key"], { cwd: app });
    expect(stdout.trim()).toMatch(/^k1:[\w-]{43}$/);
  });

  it("has nothing that the doctor finds wrong", async () => {
    const bin = join(app, "node_modules/ironkeep/dist/cli/index.js");
    const options = { bin, cwd: app, env: { SESSION_PASSWORD: PASSWORD } };
    const { code, json } = await cliJson<{ findings: { level: string; message: string }[] }>(["doctor"], options);
    expect({ code, wrong: json.findings.filter(({ level }) => level !== "ok") }).toEqual({ code: 0, wrong: [] });
    expect(json.findings.map(({ message }) => message).join()).toMatch(/Installed: ironkeep-\S+@\d/);
  });

  it("opens a token", async () => {
    const bin = join(app, "node_modules/ironkeep/dist/cli/index.js");
    const options = { bin, cwd: app, env: { SESSION_PASSWORD: PASSWORD } };
    const { json } = await cliJson<{ key: object }>(["inspect", sealed({ generation: 2 }), "--open"], options);
    expect(json.key).toMatchObject({ opens: true, generation: 2, session: SESSION });
  });
});
