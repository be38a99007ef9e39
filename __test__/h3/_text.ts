import { randomBytes } from "node:crypto";

/** Text of that length which no compression or repetition could shorten. */
export function randomText(length: number): string {
  return randomBytes(length).toString("base64url").slice(0, length);
}
