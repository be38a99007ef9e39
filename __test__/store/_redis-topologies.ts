// A Cluster of three masters, and a master that a Sentinel knows, of a test's own.

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as after } from "node:timers/promises";

import { onTestFinished } from "vitest";

import { freePort, PASSWORD, type RedisServer, redisOfTest } from "./_redis.ts";
import { ask } from "./_resp.ts";

const SLOTS = 16_384;
const NODES = 3;
/** What a busy machine may take until nodes know each other. */
const READY_MS = 30_000;

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  for (const end = performance.now() + READY_MS; !(await isSo()); await after(20)) {
    if (performance.now() > end) throw new Error(`${what} does not get ready`);
  }
}

/** The nodes of a Cluster that is there until the test ends. */
export async function clusterOfTest(): Promise<RedisServer[]> {
  const ports = await Promise.all(Array.from({ length: NODES }, freePort));
  const settings = (port: number) =>
    ["--cluster-enabled", "yes", "--cluster-port", `${port}`, "--cluster-require-full-coverage", "no"] as const;
  const nodes = await Promise.all(ports.map((port) => redisOfTest(settings(port))));
  for (const [nth, node] of nodes.entries()) {
    const slots = [Math.ceil((nth * SLOTS) / NODES), Math.ceil(((nth + 1) * SLOTS) / NODES) - 1].map(String);
    await node.ask(["CLUSTER", "ADDSLOTSRANGE", ...slots], ["CLUSTER", "SET-CONFIG-EPOCH", `${nth + 1}`]);
    await nodes[0]?.ask(["CLUSTER", "MEET", "127.0.0.1", `${node.port}`, `${ports[nth]}`]);
  }
  await until("The Cluster", async () => {
    const states = await Promise.all(nodes.map((node) => node.ask(["CLUSTER", "INFO"])));
    return states.every(([state]) => /cluster_state:ok[^]*cluster_slots_ok:16384/.test(String(state)));
  });
  return nodes;
}

/** What the Sentinels of tests call the master. */
export const MASTER = "main";

/** The URL of a Sentinel that knows a server until the test ends. */
export async function sentinelOfTest(server: RedisServer): Promise<string> {
  const [folder, port] = [mkdtempSync(join(tmpdir(), "ironkeep-sentinel-")), await freePort()];
  const file = join(folder, "sentinel.conf");
  const lines = [
    `port ${port}`,
    "bind 127.0.0.1",
    `dir ${folder}`,
    "logfile log",
    `requirepass ${PASSWORD}`,
    `sentinel monitor ${MASTER} 127.0.0.1 ${server.port} 1`,
    `sentinel auth-pass ${MASTER} ${PASSWORD}`,
  ];
  writeFileSync(file, `${lines.join("\n")}\n`);
  // Ends with its input, however the test ends.
  const guard = spawn("sh", ["-c", 'redis-server "$1" --sentinel & s=$!; cat > /dev/null; kill -9 "$s"', "sh", file], {
    stdio: ["pipe", "ignore", "ignore"],
  });
  onTestFinished(async () => {
    const ended = new Promise((resolve) => guard.once("close", resolve));
    guard.stdin?.end();
    await ended;
    rmSync(folder, { recursive: true, force: true });
  });
  await until("The Sentinel", async () => {
    const replies = await ask(port, PASSWORD, ["SENTINEL", "GET-MASTER-ADDR-BY-NAME", MASTER]).catch(() => []);
    return Array.isArray(replies[0]);
  });
  return `redis://127.0.0.1:${port}`;
}
