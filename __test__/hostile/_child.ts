import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

import { plainEnvironment } from "../_command.ts";

export interface ChildOptions {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** The Node that runs it; this one without. */
  readonly node?: string;
  /** A child that runs longer is killed, and its result tells so by its signal. */
  readonly deadlineMs: number;
}

export interface ChildResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a script of this folder in a Node of its own, which may crash alone. */
export function runChild(
  script: string,
  { args = [], env, node = process.execPath, deadlineMs }: ChildOptions,
): Promise<ChildResult> {
  return new Promise((resolve, reject) => {
    const file = fileURLToPath(new URL(script, import.meta.url));
    const child = spawn(node, ["--expose-gc", file, ...args], {
      env: plainEnvironment(env),
      stdio: ["ignore", "pipe", "pipe"],
    });
    const parts = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
    child.stdout.on("data", (part: Buffer) => parts.stdout.push(part));
    child.stderr.on("data", (part: Buffer) => parts.stderr.push(part));
    const timer = setTimeout(() => child.kill("SIGKILL"), deadlineMs);
    child.on("error", reject);
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      const stdout = Buffer.concat(parts.stdout).toString("utf8");
      resolve({ code, signal, stdout, stderr: Buffer.concat(parts.stderr).toString("utf8") });
    });
  });
}
