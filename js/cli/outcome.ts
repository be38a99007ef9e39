import type { ErrorCode } from "../errors.js";

/** What a command gives. Commands print nothing themselves. */
export interface Outcome {
  /** What `--json` prints: a stable shape. */
  readonly json: unknown;
  /** What is printed for people, on standard output. */
  readonly text: string;
  /** What else people should know, on standard error, so that the output can be piped. Left out with `--json`. */
  readonly notes?: readonly string[];
  /** The command did its work, and what it looked at is bad. */
  readonly failed?: boolean;
}

/** The exit codes. */
export const EXIT = { ok: 0, failed: 1, usage: 2 } as const;

/** The command line itself is wrong. The message repeats no argument but plain words, since a secret may stand there. */
export class UsageError extends Error {
  readonly code: ErrorCode = "ERR_CONFIG";
}
