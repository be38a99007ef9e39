import { cpSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { type Output, command } from "../_command.ts";
import { installed } from "../_install.ts";
import { installPacked, removePacked } from "../_pack.ts";

const here = import.meta.dirname;
const NEEDED_NODE = 22;

/** For what builds: Nuxt takes most of a minute where others use the machine. */
export const BUILDS_WITHIN_MS = 600_000;

/** In what a build prints: two helpers of one name, and what Ironkeep itself warns of. */
export const OUR_WARNINGS = /duplicated imports|IronkeepWarning/i;

/** Where apps are built: Nuxt's packages, and the packed package as it is installed at a user's. */
export interface Workspace {
  /** Copies the folder of an app there. */
  app(source: string): string;
  /** Builds an app for production, and moves what the build wrote to where nothing of the app or of this repository resolves. */
  build(source: string, env?: Readonly<Record<string, string>>): Promise<BuiltApp>;
  /** Runs the command of an installed package in an app. */
  run(app: string, bin: string, args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Output>;
  /** A package that is installed there alone. */
  resolve(name: string): string;
  remove(): void;
}

export interface BuiltApp {
  readonly output: string;
  /** What the build printed. */
  readonly log: string;
}

/** The path of an app of the tests alone. */
export const fixture = (name: string): string => join(here, "fixtures", name);
/** The path of the example. */
export const example = join(here, "../../examples/nuxt-4");

export async function workspace(): Promise<Workspace> {
  const [major = 0] = process.versions.node.split(".").map(Number);
  if (major < NEEDED_NODE) throw new Error("Nuxt needs Node 22: run these tests by npm run test:long -- nuxt");
  const folder = mkdtempSync(join(tmpdir(), "ironkeep-nuxt-"));
  const outputs: string[] = [];
  cpSync(await installed(join(here, "packages"), "apps"), folder, { recursive: true, verbatimSymlinks: true });
  await installPacked(folder);

  const run: Workspace["run"] = (app, bin, args, env) =>
    command(process.execPath, [join(folder, "node_modules/.bin", bin), ...args], {
      cwd: app,
      env: { NUXT_TELEMETRY_DISABLED: "1", ...env },
    });

  const space: Workspace = {
    run,
    app(source) {
      const app = mkdtempSync(join(folder, "app-"));
      cpSync(source, app, { recursive: true });
      return app;
    },
    async build(source, env) {
      const app = space.app(source);
      const { stdout, stderr } = await run(app, "nuxt", ["build"], env);
      const output = mkdtempSync(join(tmpdir(), "ironkeep-nuxt-output-"));
      outputs.push(output);
      renameSync(join(app, ".output"), output);
      return { output, log: stdout + stderr };
    },
    resolve: (name) => join(folder, "node_modules", name),
    remove() {
      for (const path of [folder, ...outputs]) rmSync(path, { recursive: true, force: true });
      removePacked();
    },
  };
  return space;
}
