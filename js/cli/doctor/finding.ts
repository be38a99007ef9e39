/** How bad a finding is. An error makes the exit code 1. */
export type Level = "ok" | "warn" | "error";

/** One thing that the doctor looked at. */
export interface Finding {
  /** What was looked at: one word, stable. */
  readonly check: "node" | "addon" | "platform" | "keys" | "h3" | "cookie";
  readonly level: Level;
  /** What is so. It holds no secret. */
  readonly message: string;
  /** What to do about it. */
  readonly advice?: string;
}
