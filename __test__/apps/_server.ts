import { spawn } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { setTimeout } from "node:timers/promises";

import { plainEnvironment } from "../_command.ts";

const HOST = "127.0.0.1";
const READY_WITHIN_MS = 20_000;
const POLL_EVERY_MS = 25;
/** A port that was free may be taken before the server listens. */
const MAX_TRIES = 3;

export interface Server {
  readonly origin: string;
  /** What it has written to its standard error. */
  stderr(): string;
  stop(): Promise<void>;
  /** Asks it to end, and gives its exit code when it has: `null` where the signal itself ended it. */
  end(signal?: NodeJS.Signals): Promise<number | null>;
}

/** Starts a built server from its own folder, and waits until it listens. */
export async function serve(
  output: string,
  env: Readonly<Record<string, string>>,
  entry = "server/index.mjs",
  args: readonly string[] = [],
): Promise<Server> {
  const problems: unknown[] = [];
  while (problems.length < MAX_TRIES) {
    try {
      return await start(output, [entry, ...args], await freePort(), env);
    } catch (error) {
      problems.push(error);
    }
  }
  throw new AggregateError(problems, `the server did not start: ${problems.map(String).join("\n")}`);
}

async function start(
  output: string,
  args: readonly string[],
  port: number,
  env: Readonly<Record<string, string>>,
): Promise<Server> {
  const child = spawn(process.execPath, args, {
    cwd: output,
    env: plainEnvironment({ ...env, NODE_ENV: "production", HOST, PORT: String(port) }),
    stdio: ["ignore", "ignore", "pipe"],
  });
  const ended = once(child, "close");
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const stop = async (): Promise<void> => {
    child.kill("SIGKILL");
    await ended;
  };

  const end = async (signal: NodeJS.Signals = "SIGTERM"): Promise<number | null> => {
    child.kill(signal);
    await ended;
    return child.exitCode;
  };

  const deadline = Date.now() + READY_WITHIN_MS;
  for (;;) {
    const isReady = await accepts(port);
    // Asked second: who accepts may be another process, which has the port that ours wanted.
    const hasEnded = child.exitCode !== null || child.signalCode !== null;
    if (isReady && !hasEnded) return { origin: `http://${HOST}:${port}`, stderr: () => stderr, stop, end };
    if (hasEnded || Date.now() > deadline) {
      await stop();
      throw new Error(`the server ${hasEnded ? "ended" : "is not ready"}\n${stderr}`);
    }
    await setTimeout(POLL_EVERY_MS);
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, HOST);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, HOST);
    socket.once("error", () => resolve(false));
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
  });
}
