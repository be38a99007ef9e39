import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";

import { command } from "./_command.ts";

const target = join(import.meta.dirname, "../target");
const script = join(import.meta.dirname, "_install.mjs");

/**
 * The folder under target/ where the packages of a fixture's package-lock.json are installed, for all runs that need them.
 *
 * It gets its name only when it is complete: an interrupted install leaves nothing, and two at once do no harm.
 */
export async function installed(fixture: string, kind: "apps" | "nodes"): Promise<string> {
  const lock = readFileSync(join(fixture, "package-lock.json"));
  const hash = createHash("sha256").update(lock).digest("hex").slice(0, 16);
  const folder = join(target, kind, hash);
  if (existsSync(folder)) return folder;

  mkdirSync(join(target, kind), { recursive: true });
  const partial = mkdtempSync(`${folder}-`);
  try {
    for (const name of ["package.json", "package-lock.json"]) cpSync(join(fixture, name), join(partial, name));
    await command(process.execPath, [script, partial], { cwd: partial });
    if (!existsSync(folder)) renameSync(partial, folder);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
  return folder;
}
