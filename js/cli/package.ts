import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The parts of package.json that are looked at. */
export interface Manifest {
  readonly name?: string;
  readonly version?: string;
  readonly engines?: { readonly node?: string };
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** The path of Ironkeep's own package.json. */
export const MANIFEST_PATH = fileURLToPath(new URL("../../package.json", import.meta.url));

/** Ironkeep's own package.json. */
export function ownManifest(): Manifest {
  return JSON.parse(readFileSync(MANIFEST_PATH, "utf8")) as Manifest;
}

/** The version of the package, which is there without the addon. */
export function packageVersion(): string {
  return ownManifest().version ?? "";
}
