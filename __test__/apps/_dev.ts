import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readlinkSync } from "node:fs";
import { setTimeout } from "node:timers/promises";

import { plainEnvironment } from "../_command.ts";
import { freePort } from "../store/_redis.ts";
import { nitroOf } from "./_build.ts";

const READY_WITHIN_MS = 60_000;
const POLL_EVERY_MS = 50;

export interface DevServer {
  readonly origin: string;
  /** What it has printed. */
  log(): string;
  /** How often a file of this name is open in the process, whichever thread has it. */
  openFiles(name: string): number;
  stop(): Promise<void>;
}

/** Starts `nitro dev` in an app, and waits until it answers. */
export async function develop(app: string, env: Readonly<Record<string, string>> = {}): Promise<DevServer> {
  const port = await freePort();
  const child = spawn(process.execPath, [nitroOf(app), "dev", "--port", `${port}`, "--host", "127.0.0.1"], {
    cwd: app,
    env: plainEnvironment(env),
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = once(child, "close");
  let log = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      log += text;
    });
  }
  const server: DevServer = {
    origin: `http://127.0.0.1:${port}`,
    log: () => log,
    openFiles: (name) => descriptorsOf(child.pid ?? 0).filter((path) => path.endsWith(`/${name}`)).length,
    stop: async () => {
      child.kill("SIGTERM");
      await ended;
    },
  };
  try {
    await until(
      async () => (await fetch(server.origin)).status < 500,
      () => log,
    );
  } catch (error) {
    child.kill("SIGKILL");
    throw error;
  }
  return server;
}

function descriptorsOf(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).flatMap((descriptor) => {
    try {
      return [readlinkSync(`${folder}/${descriptor}`)];
    } catch {
      // It was closed meanwhile.
      return [];
    }
  });
}

/** Waits until something holds. */
export async function until(holds: () => Promise<boolean> | boolean, log: () => string): Promise<void> {
  for (const end = performance.now() + READY_WITHIN_MS; ;) {
    try {
      if (await holds()) return;
    } catch {
      // Not yet.
    }
    if (performance.now() > end) throw new Error(`it did not come to that\n${log()}`);
    await setTimeout(POLL_EVERY_MS);
  }
}
