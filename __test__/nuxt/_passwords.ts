import { randomBytes } from "node:crypto";

/** What `npx ironkeep keys generate` would make: sessions in a store take no password that looks typed. */
export function strongPassword(): string {
  return randomBytes(32).toString("base64url");
}
