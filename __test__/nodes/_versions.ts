import { readFileSync } from "node:fs";
import { join } from "node:path";

import { installed } from "../_install.ts";

const folder = join(import.meta.dirname, "versions");
const { dependencies } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
  dependencies: Readonly<Record<string, string>>;
};

/** The Nodes that there are packages of, with their binaries. */
export const nodes = Object.entries(dependencies).map(([name, spec]) => ({
  name,
  version: spec.replace(/^.*@/, ""),
}));

export const platform = `${process.platform}-${process.arch}`;
/** Whether their binaries run here. */
export const runsHere = platform === "linux-x64";

/** Time for {@link binaryOf} to install them the first time. */
export const INSTALLS_WITHIN_MS = 300_000;

/** The path of one of {@link nodes}. */
export async function binaryOf(name: string): Promise<string> {
  return join(await installed(folder, "nodes"), "node_modules", name, "bin/node");
}
