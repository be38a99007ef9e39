import { copyFileSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

import { command, npm } from "./_command.ts";

const root = join(import.meta.dirname, "..");
const napi = join(root, "node_modules/@napi-rs/cli/dist/cli.js");

/** What a user's npm gets: the package, and the package of this platform's binary. */
interface Tarballs {
  readonly main: string;
  readonly platform: string;
}

let tarballs: Promise<Tarballs> | undefined;
let packFolder: string | undefined;

/** Installs the built package and its binary into an app, as npm does at a user's; packs both the first time. */
export async function installPacked(app: string): Promise<void> {
  tarballs ??= pack();
  const { main, platform } = await tarballs;
  await npm(["install", "--no-save", "--prefer-offline", main, platform], { cwd: app });
}

/** Removes what was packed. For the end of a test file. */
export function removePacked(): void {
  if (packFolder !== undefined) rmSync(packFolder, { recursive: true, force: true });
  packFolder = undefined;
  tarballs = undefined;
}

/** The binary that was built for this platform. More or fewer than one is a build gone wrong. */
export function builtBinary(): string {
  const [name, ...others] = readdirSync(root).filter((file) => /^ironkeep\..+\.node$/.test(file));
  if (name === undefined || others.length > 0) throw new Error("there is not one built binary: run npm run build");
  return join(root, name);
}

async function pack(): Promise<Tarballs> {
  const folder = mkdtempSync(join(tmpdir(), "ironkeep-pack-"));
  packFolder = folder;
  await command("tar", ["-xzf", await npmPack(root, folder), "-C", folder], { cwd: folder });
  const main = join(folder, "package");
  const platform = await addPlatform(main);
  return { main: await npmPack(main, folder), platform: await npmPack(platform, folder) };
}

/**
 * What publishing adds to the package as it is packed here: packages of the binaries, made by napi-rs, and the dependency on
 * them at the same version. Only the binary of this platform is there.
 */
async function addPlatform(main: string): Promise<string> {
  const binary = builtBinary();
  await command(process.execPath, [napi, "create-npm-dirs"], { cwd: main });
  const [, platformArchABI = ""] = basename(binary).split(".");
  const platform = join(main, "npm", platformArchABI);
  copyFileSync(binary, join(platform, basename(binary)));

  const { name, version } = readManifest(platform);
  const manifest = { ...readManifest(main), optionalDependencies: { [name]: version } };
  writeFileSync(join(main, "package.json"), JSON.stringify(manifest));
  return platform;
}

interface Manifest {
  readonly name: string;
  readonly version: string;
}

function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
}

async function npmPack(folder: string, destination: string): Promise<string> {
  const { stdout } = await npm(["pack", "--json", "--pack-destination", destination], { cwd: folder });
  const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
  return join(destination, filename);
}
