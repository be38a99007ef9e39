import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const ROOT = join(import.meta.dirname, "../..");

export interface Manifest {
  readonly version: string;
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta: Readonly<Record<string, { readonly optional?: boolean }>>;
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly napi: { readonly targets: readonly string[] };
}

export const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as Manifest;

/** The files under `folder`, as paths from it with forward slashes. */
export function filesUnder(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(ROOT, folder).length + 1))
    .map((path) => path.replaceAll("\\", "/"));
}

/** Lays out the package in a folder of its own, as an install without its platform's package does. */
export function installWithoutBinary(): string {
  const folder = mkdtempSync(join(tmpdir(), "ironkeep-package-"));
  for (const name of ["dist", "index.cjs", "package.json"]) {
    cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  }
  mkdirSync(join(folder, "node_modules"));
  for (const name of Object.keys(manifest.dependencies)) {
    symlinkSync(join(ROOT, "node_modules", name), join(folder, "node_modules", name), "junction");
  }
  return folder;
}

export interface Outcome {
  readonly exports?: readonly string[];
  readonly code?: string;
  readonly message?: string;
}

/** Imports `entry` in a Node of its own, after `preparation` has run in it. */
export function importIn(folder: string, entry: string, preparation = ""): Outcome {
  const script = `${preparation};
    const outcome = await import(${JSON.stringify(entry)}).then(
      (module) => ({ exports: Object.keys(module) }),
      ({ code, message }) => ({ code, message }),
    );
    console.log(JSON.stringify(outcome));`;
  const { NAPI_RS_NATIVE_LIBRARY_PATH: _path, NODE_OPTIONS: _options, ...env } = process.env;
  const args = ["--input-type=module", "--eval", script];
  const stdout = execFileSync(process.execPath, args, { cwd: folder, env, encoding: "utf8", stdio: "pipe" });
  return JSON.parse(stdout) as Outcome;
}
