import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { readFileSync, readdirSync, readlinkSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { setTimeout } from "node:timers/promises";

import { plainEnvironment } from "../_command.ts";
import type { Workspace } from "./_workspace.ts";

const HOST = "127.0.0.1";
const POLL_EVERY_MS = 100;
const ANSWER_WITHIN_MS = 10_000;
/** A build of the app, on a machine that does something else too. */
const READY_WITHIN_MS = 240_000;

/** A development server. */
export interface DevServer {
  readonly origin: string;
  /** What it has written. */
  log(): string;
  /** How often files of this name are open in the processes of the server. */
  open(name: string): number;
  stop(): Promise<void>;
}

/** Waits until `isThere` gives true; what it throws is no answer yet, and neither is what a server that is replaced never says. */
export async function until(what: string, isThere: () => Promise<boolean>, withinMs = READY_WITHIN_MS): Promise<void> {
  const deadline = Date.now() + withinMs;
  const answer = (): Promise<boolean> =>
    Promise.race([isThere().catch(() => false), setTimeout(ANSWER_WITHIN_MS, false)]);
  while (!(await answer())) {
    if (Date.now() > deadline) throw new Error(`it never was so: ${what}`);
    await setTimeout(POLL_EVERY_MS);
  }
}

/** Starts `nuxt dev` in an app, and waits until it answers. */
export async function develop({ resolve }: Workspace, app: string): Promise<DevServer> {
  const port = await freePort();
  const mark = randomUUID();
  const child = spawn(process.execPath, [resolve("nuxt/bin/nuxt.mjs"), "dev", "--host", HOST, "--port", String(port)], {
    cwd: app,
    env: plainEnvironment({ NUXT_TELEMETRY_DISABLED: "1", STARTED_BY: mark }),
    stdio: ["ignore", "pipe", "pipe"],
    // A group of its own, which is ended as a whole.
    detached: true,
  });
  const ended = once(child, "close");
  let log = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      log += text;
    });
  }
  const server: DevServer = {
    origin: `http://${HOST}:${port}`,
    log: () => log,
    open: (name) => processesWith(`STARTED_BY=${mark}`).reduce((total, pid) => total + openIn(pid, name), 0),
    async stop() {
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, "SIGKILL");
      await ended;
    },
  };
  try {
    await until("nuxt dev answers", async () => {
      const { status, headers } = await fetch(server.origin, { headers: { accept: "text/html" } });
      return status === 200 && headers.get("x-powered-by") === "Nuxt";
    });
  } catch (error) {
    await server.stop();
    throw new Error(`${String(error)}\n${log}`, { cause: error });
  }
  return server;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, HOST);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

function processesWith(variable: string): string[] {
  return readdirSync("/proc").filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return readFileSync(`/proc/${pid}/environ`, "latin1").split("\0").includes(variable);
    } catch {
      // It has ended, or is somebody else's.
      return false;
    }
  });
}

function openIn(pid: string, name: string): number {
  try {
    const files = readdirSync(`/proc/${pid}/fd`).map((fd) => targetOf(`/proc/${pid}/fd/${fd}`));
    return files.filter((path) => path.endsWith(`/${name}`)).length;
  } catch {
    return 0;
  }
}

function targetOf(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    return "";
  }
}
