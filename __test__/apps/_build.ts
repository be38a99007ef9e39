import { cpSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { type Output, command } from "../_command.ts";
import { installed } from "../_install.ts";
import { installPacked } from "../_pack.ts";

const fixtures = join(import.meta.dirname, "fixtures");

export interface App {
  /** The folder under fixtures/. */
  readonly fixture: string;
  /** The package whose command builds it. */
  readonly builder: "nitro" | "nitropack";
}

export interface BuiltApp {
  /** What the build wrote, in a folder of its own from which neither the app nor this repository can be resolved. */
  readonly output: string;
  /** What the build printed. */
  readonly log: string;
}

/** Builds an app for production, with the packed package installed. */
export async function build({ fixture, builder }: App, env: Readonly<Record<string, string>>): Promise<BuiltApp> {
  const app = mkdtempSync(join(tmpdir(), "ironkeep-app-"));
  try {
    cpSync(await installed(join(fixtures, fixture), "apps"), app, { recursive: true, verbatimSymlinks: true });
    cpSync(join(fixtures, fixture), app, { recursive: true });
    cpSync(join(fixtures, "shared"), join(app, "shared"), { recursive: true });
    await installPacked(app);
    const { stdout, stderr } = await runBuilder(app, builder, env);
    const output = mkdtempSync(join(tmpdir(), "ironkeep-output-"));
    renameSync(join(app, ".output"), output);
    return { output, log: stdout + stderr };
  } finally {
    rmSync(app, { recursive: true, force: true });
  }
}

function runBuilder(app: string, builder: App["builder"], env: Readonly<Record<string, string>>): Promise<Output> {
  const folder = join(app, "node_modules", builder);
  const { bin } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { bin: { nitro: string } };
  return command(process.execPath, [join(folder, bin.nitro), "build"], { cwd: app, env });
}
