import { appendFileSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { randomKey } from "#engine";

import { hasPassword } from "../nitro/session-options.js";

/** What Nitro reads `runtimeConfig.session.password` from. */
export const PASSWORD_VARIABLE = "NUXT_SESSION_PASSWORD";

/**
 * Gives `nuxt dev` a password: writes one to `.env` the first time, so that sessions outlive restarts. What is set already, in
 * the environment, in `.env` or in the configuration, stays.
 *
 * @returns what to tell whoever develops, where something was done.
 */
export function giveDevelopmentPassword(rootDir: string, configured: unknown): string | undefined {
  if (hasPassword() || isGiven(configured)) return undefined;
  const password = randomKey();
  process.env[PASSWORD_VARIABLE] = password;
  const path = join(rootDir, ".env");
  try {
    const before = contentOf(path);
    // It names the variable, though this run did not read it: not ours to change.
    if (new RegExp(`^\\s*(?:export\\s+)?${PASSWORD_VARIABLE}\\s*=`, "m").test(before)) {
      return `${MADE}: give ${PASSWORD_VARIABLE} in .env a value to keep them`;
    }
    const lead = before === "" || before.endsWith("\n") ? "" : "\n";
    // Added, so that what else is in the file stays as it is, byte by byte.
    appendFileSync(path, `${lead}${PASSWORD_VARIABLE}=${password}\n`, { mode: 0o600 });
  } catch (error) {
    return `${MADE}: .env could not be written (${(error as NodeJS.ErrnoException).code ?? "unknown"})`;
  }
  return "Ironkeep wrote a session password to .env, for development on this machine. Keep the file out of version control";
}

const MADE = "Ironkeep made a session password for this development server, and sessions end with it";

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
