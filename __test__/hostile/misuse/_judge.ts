import type { ChildResult } from "../_child.ts";

/** How one call ended. Anything but a value or an error with a message is a defect. */
interface Outcome {
  readonly name: string;
  readonly kind: "value" | "error" | "not-an-error" | "no-message" | "hung";
  readonly detail: string;
}

export interface Report {
  readonly outcomes: readonly Outcome[];
  readonly unhandled: readonly string[];
  /** What a plain seal, unseal and session gave after all the calls. */
  readonly afterwards: string;
}

export interface Verdict {
  readonly calls: number;
  readonly errors: number;
  readonly faults: readonly string[];
}

/** What is wrong with the way a table of misuse ended. */
export function judge({ code, signal, stdout, stderr }: ChildResult): Verdict {
  const faults: string[] = [];
  if (signal !== null) faults.push(`killed by ${signal}: ${stderr.slice(-500)}`);
  else if (code !== 0) faults.push(`exit code ${code}: ${stderr.slice(-500)}`);
  const line = stdout.trimEnd().split("\n").at(-1) ?? "";
  if (!line.startsWith("{")) return { calls: 0, errors: 0, faults: [...faults, "no report"] };
  const { outcomes, unhandled, afterwards } = JSON.parse(line) as Report;
  for (const { name, kind, detail } of outcomes) {
    if (kind !== "value" && kind !== "error") faults.push(`${name}: ${kind}: ${detail}`);
  }
  for (const reason of unhandled) faults.push(`unhandled rejection: ${reason}`);
  if (afterwards !== "works") faults.push(`afterwards: ${afterwards}`);
  const errors = outcomes.filter(({ kind }) => kind === "error").length;
  return { calls: outcomes.length, errors, faults };
}
