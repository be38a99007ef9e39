import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { randomKey } from "#engine";

import { hasPassword } from "../nitro/session-options.js";

/** What Nitro reads `runtimeConfig.session.password` from. */
export const PASSWORD_VARIABLE = "NUXT_SESSION_PASSWORD";

/**
 * Gives `nuxt dev` a password: writes one to `.env` the first time, so that sessions outlive restarts. What is set already, in
 * the environment, in `.env` or in the configuration, stays.
 */
export function giveDevelopmentPassword(rootDir: string, configured: unknown): void {
  if (hasPassword() || isGiven(configured)) return;
  const password = randomKey();
  process.env[PASSWORD_VARIABLE] = password;
  const path = join(rootDir, ".env");
  const before = contentOf(path);
  // It names the variable, though this run did not read it: not ours to change.
  if (new RegExp(`^\\s*(?:export\\s+)?${PASSWORD_VARIABLE}\\s*=`, "m").test(before)) return;
  const lead = before === "" || before.endsWith("\n") ? before : `${before}\n`;
  writeFileSync(path, `${lead}${PASSWORD_VARIABLE}=${password}\n`, { mode: 0o600 });
}

function isGiven(password: unknown): boolean {
  return password !== undefined && password !== null && password !== "";
}

function contentOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}
