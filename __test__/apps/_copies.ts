import { cpSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { installed } from "../_install.ts";
import { installPacked } from "../_pack.ts";

const examples = join(import.meta.dirname, "../../examples");
const fixtures = join(import.meta.dirname, "fixtures");

export interface Example {
  /** The folder under examples/. */
  readonly name: string;
  /** The fixture whose packages have the h3, and the Nitro, that the example names. */
  readonly packages: string;
}

/** An example with its packages, as `npm install` makes it at a user's, in a folder of its own. */
export async function copyOf({ name, packages }: Example): Promise<string> {
  const app = mkdtempSync(join(tmpdir(), "ironkeep-example-"));
  cpSync(await installed(join(fixtures, packages), "apps"), app, { recursive: true, verbatimSymlinks: true });
  const needed = dependencies(join(examples, name));
  const there = dependencies(app);
  const missing = needed.filter((dependency) => dependency !== "ironkeep" && !there.includes(dependency));
  if (missing.length > 0) throw new Error(`the fixture ${packages} has no ${missing.join(", ")}`);
  cpSync(join(examples, name), app, { recursive: true, filter: (path) => !path.endsWith("package.json") });
  await installPacked(app);
  return app;
}

/** A fixture's app with its packages and the packed one. */
export async function copyOfFixture(fixture: string): Promise<string> {
  const app = mkdtempSync(join(tmpdir(), "ironkeep-app-"));
  cpSync(await installed(join(fixtures, fixture), "apps"), app, { recursive: true, verbatimSymlinks: true });
  cpSync(join(fixtures, fixture), app, { recursive: true });
  cpSync(join(fixtures, "shared"), join(app, "shared"), { recursive: true });
  await installPacked(app);
  return app;
}

function dependencies(folder: string): string[] {
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { dependencies: object };
  return Object.keys(manifest.dependencies);
}
