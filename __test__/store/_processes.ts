// Processes beside the test: those with stores of their own, and one with SQLite as Python has it, which knows nothing of ours.

import { spawn, spawnSync } from "node:child_process";

import { onTestFinished } from "vitest";

import { plainEnvironment } from "../_command.ts";

/** What a process came to. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
}

/** A process that is there until it ends, or the test does. */
export interface Process {
  readonly pid: number;
  /** Settles when it has ended and its last line was read. */
  readonly ended: Promise<Ended>;
  /** Writes a line to it. */
  say(line: string): void;
  /** Ends it as `kill -9` does. What it has written until then is read all the same. */
  kill(): void;
}

/** Starts a program. `hear` gets each line that it writes, but for a last one that it did not finish. */
export function start(program: string, args: readonly string[], hear: (line: string) => void): Process {
  const child = spawn(program, args, { env: plainEnvironment(), stdio: ["pipe", "pipe", "pipe"] });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (part: string) => {
    const lines = (text + part).split("\n");
    text = lines.pop() ?? "";
    for (const line of lines) hear(line);
  });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (part: string) => (stderr += part));
  // Of a process that was killed.
  child.stdin.on("error", () => undefined);
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal, stderr }));
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const pid = child.pid ?? Number.NaN;
  return { pid, ended, say: (line) => void child.stdin.write(`${line}\n`), kill: () => void child.kill("SIGKILL") };
}

/** Starts a script in a Node of its own. */
export const startScript = (script: string, args: readonly string[], hear: (line: string) => void) =>
  start(process.execPath, [script, ...args], hear);

/** Runs a program to its end, and gives its lines. @throws what it wrote to stderr. */
async function run(program: string, args: readonly string[]): Promise<string[]> {
  const lines: string[] = [];
  const { code, stderr } = await start(program, args, (line) => lines.push(line)).ended;
  if (code !== 0) throw new Error(`${program} ended with ${code}: ${stderr}`);
  return lines;
}

const PYTHON = "python3";
const STATEMENT = `
import sqlite3, sys
for row in sqlite3.connect(sys.argv[1], isolation_level=None).execute(sys.argv[2]): print(row[0])`;
const LOCK = `
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=60)
database.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
sys.stdin.readline()
database.execute("ROLLBACK")`;

/** The first column of what a statement gives. */
export const sqlite = (path: string, statement: string) => run(PYTHON, ["-c", STATEMENT, path, statement]);

const AWAIT_SESSIONS = `
import sqlite3, sys, time
database = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=60)
while database.execute("SELECT count(*) FROM sessions").fetchone()[0] < int(sys.argv[2]): time.sleep(0.001)`;

/** Holds this thread until so many sessions are in a file: what is answered meanwhile waits for the thread. */
export function holdUntilSessions(path: string, count: number): void {
  const { status, stderr } = spawnSync(PYTHON, ["-c", AWAIT_SESSIONS, path, String(count)], { encoding: "utf8" });
  if (status !== 0) throw new Error(`${PYTHON} ended with ${status}: ${stderr}`);
}

/** Locks a file against everybody who writes it. Gives what ends that. */
export async function locked(path: string): Promise<() => Promise<void>> {
  let hasLock = () => {};
  const isLocked = new Promise<void>((resolve) => (hasLock = resolve));
  const holder = start(PYTHON, ["-c", LOCK, path], () => hasLock());
  const failed = holder.ended.then(({ stderr }) => Promise.reject(new Error(`There is no lock: ${stderr}`)));
  await Promise.race([isLocked, failed]);
  failed.catch(() => undefined);
  return async () => {
    holder.say("");
    await holder.ended;
  };
}

/** Whether this process may mount a file system. */
export const canMount = process.platform === "linux" && process.getuid?.() === 0;

/** Mounts a file system of `size` bytes, until the test ends. @throws where this process may not. */
export async function mountSmall(folder: string, size: number): Promise<void> {
  await run("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", folder]);
  onTestFinished(async () => void (await run("umount", ["-l", folder])));
}

/** Makes a mounted file system read-only. */
export const remountReadOnly = (folder: string) => run("mount", ["-o", "remount,ro", folder]);
