import { type ChildOptions, runChild } from "../_child.ts";

/** What came of threads that were ended at random moments. */
export interface Ended {
  readonly threads: number;
  readonly beforeStart: number;
  readonly whileBusy: number;
  readonly failures: readonly string[];
  readonly opened: readonly unknown[];
}

/**
 * Starts `threads` threads in a process and ends each at a moment that follows from `seed`.
 *
 * @throws when the process does not end by itself and well.
 */
export async function endThreads(threads: number, seed: number, options: ChildOptions): Promise<Ended> {
  const args = [String(threads), String(seed)];
  const { code, signal, stdout, stderr } = await runChild("workers/terminated.mjs", { ...options, args });
  if (code === 0 && stderr === "") return JSON.parse(stdout) as Ended;
  throw new Error(`The process ended with ${signal ?? code}: ${stderr}`);
}

/** What has to come of it: the process lives on, and what is sealed in it opens. */
export const unharmed = (threads: number) => ({
  threads,
  failures: [],
  opened: [{ user: "ann" }, { user: "ann" }],
});
