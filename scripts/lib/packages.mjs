import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { Failure, bin, capture, root, run } from "./run.mjs";
import { platformOf } from "./targets.mjs";

const MAIN = [
  "package.json",
  "README.md",
  "LICENSE",
  "THIRD-PARTY-LICENSES.md",
  "index.cjs",
  "index.d.ts",
  "dist",
  "npm",
];

/** What a binary has to carry besides itself; npm packs LICENSE unasked. */
const LICENCES = ["LICENSE", "THIRD-PARTY-LICENSES.md"];

export const readManifest = (folder) => JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));

const writeManifest = (folder, manifest) =>
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);

export const napi = (...args) => run(process.execPath, [bin("@napi-rs/cli", "napi"), ...args]);

/** The binaries under a folder of artifacts, by file name. Artifacts come in a folder each. */
export function binariesIn(artifacts) {
  const paths = existsSync(artifacts) ? readdirSync(artifacts, { recursive: true }) : [];
  const binaries = paths.filter((path) => path.endsWith(".node"));
  return new Map(binaries.map((path) => [path.split(/[\\/]/).at(-1), join(artifacts, path)]));
}

/** Lays out the packages in a folder of its own, without binaries: publishing changes their manifests, and no tree should. */
export function stage(folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const missing = MAIN.filter((name) => !existsSync(join(root, name)));
  if (missing.length > 0) throw new Failure(`${missing.join(", ")} has to be built first: npm run build.`);
  for (const name of MAIN) cpSync(join(root, name), join(folder, name), { recursive: true });
}

/** Puts the licences into a staged platform package. */
export function addLicences(folder, target) {
  const platform = join(folder, "npm", platformOf(target));
  for (const name of LICENCES) copyFileSync(join(folder, name), join(platform, name));
  const manifest = readManifest(platform);
  writeManifest(platform, { ...manifest, files: [...manifest.files, "THIRD-PARTY-LICENSES.md"] });
  return platform;
}

/** Makes the staged main package depend on these platform packages, each at its version. */
export function dependOn(folder, platforms) {
  const versions = platforms.map(readManifest).map(({ name, version }) => [name, version]);
  writeManifest(folder, { ...readManifest(folder), optionalDependencies: Object.fromEntries(versions) });
}

/** Packs folders into tarballs, and gives for each what npm says of it: `filename`, `files`, `size`, `unpackedSize`. */
export function pack(folders, destination) {
  mkdirSync(destination, { recursive: true });
  const args = ["pack", "--json", "--ignore-scripts", "--pack-destination", destination, ...folders];
  return JSON.parse(capture("npm", args, { shell: process.platform === "win32" }));
}
