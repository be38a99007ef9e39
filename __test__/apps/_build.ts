import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { command } from "../_command.ts";
import { copyOfFixture } from "./_copies.ts";

type Environment = Readonly<Record<string, string>>;

export interface BuiltApp {
  /** What the build wrote, in a folder of its own from which neither the app nor this repository can be resolved. */
  readonly output: string;
  /** What the build printed. */
  readonly log: string;
}

/** Builds a fixture's app for production, with the packed package installed. */
export async function build(fixture: string, env: Environment): Promise<BuiltApp> {
  const app = await copyOfFixture(fixture);
  try {
    const log = await buildFor(app, "node-server", env);
    return { output: movedFrom(app), log };
  } finally {
    rmSync(app, { recursive: true, force: true });
  }
}

/** Builds an app with its Nitro for a preset, and gives what was printed. */
export async function buildFor(app: string, preset: string, env: Environment = {}): Promise<string> {
  const { stdout, stderr } = await command(process.execPath, [nitroOf(app), "build", "--preset", preset], {
    cwd: app,
    env,
  });
  return stdout + stderr;
}

/** The command line tool of the Nitro that an app has. */
export function nitroOf(app: string): string {
  const folders = ["nitro", "nitropack"].map((name) => join(app, "node_modules", name));
  const folder = folders.find((each) => existsSync(each));
  if (folder === undefined) throw new Error("the app has no Nitro: its packages are not installed");
  const { bin } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { bin: { nitro: string } };
  return join(folder, bin.nitro);
}

/** Moves what was built to where neither the app nor this repository can be resolved. */
export function movedFrom(app: string): string {
  const output = mkdtempSync(join(tmpdir(), "ironkeep-output-"));
  renameSync(join(app, ".output"), output);
  return output;
}
