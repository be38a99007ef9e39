import { spawn } from "node:child_process";
import { join } from "node:path";

import { plainEnvironment } from "../_command.ts";

const ROOT = join(import.meta.dirname, "../..");

/** The built command line tool. */
export const BIN = join(ROOT, "dist/cli/index.js");

export interface CliOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string | Uint8Array;
  readonly cwd?: string;
  /** Another installation's tool. */
  readonly bin?: string;
}

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the tool as a shell does, to its end. */
export function cli(
  args: readonly string[],
  { env, stdin = "", cwd = ROOT, bin = BIN }: CliOptions = {},
): Promise<CliResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [bin, ...args], { cwd, env: plainEnvironment(env), stdio: "pipe" });
    const parts = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
    child.stdout.on("data", (part: Buffer) => parts.stdout.push(part));
    child.stderr.on("data", (part: Buffer) => parts.stderr.push(part));
    // A command that needs no input may end before it is given.
    child.stdin.on("error", () => undefined);
    child.stdin.end(stdin);
    child.on("error", reject);
    child.on("close", (code) => {
      const text = (buffers: Buffer[]) => Buffer.concat(buffers).toString("utf8");
      resolve({ code, stdout: text(parts.stdout), stderr: text(parts.stderr) });
    });
  });
}

/** Runs it with `--json`, and reads what it prints. */
export async function cliJson<T>(
  args: readonly string[],
  options?: CliOptions,
): Promise<{ readonly code: number | null; readonly json: T; readonly stderr: string }> {
  const { code, stdout, stderr } = await cli([...args, "--json"], options);
  return { code, json: JSON.parse(stdout) as T, stderr };
}
