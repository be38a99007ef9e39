// A Redis of the bench's own, on a free port, that keeps nothing on the disk.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, connect } from "node:net";
import { setTimeout as after } from "node:timers/promises";

import { requireRedis } from "../../scripts/lib/require.mjs";

const START_MS = 20_000;

async function freePort() {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

/** What it says to a command without arguments that hold spaces. */
async function ask(port, command) {
  const socket = connect(port, "127.0.0.1");
  try {
    socket.write(`${command}\r\n`);
    const [reply] = await once(socket, "data");
    return reply.toString();
  } finally {
    socket.destroy();
  }
}

async function answers(port, server) {
  for (const end = performance.now() + START_MS; performance.now() < end;) {
    if (server.exitCode !== null) break;
    const said = await ask(port, "PING").catch(() => "");
    if (said.startsWith("+PONG")) return;
    await after(5);
  }
  throw new Error("redis-server did not start");
}

/** Starts a server, and gives its port, the CPU that its main thread has used in microseconds, and what empties and ends it. */
export async function startRedis() {
  requireRedis();
  const port = await freePort();
  const settings = ["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction"];
  const server = spawn("redis-server", ["--port", String(port), ...settings], { stdio: "ignore" });
  const end = () => server.kill("SIGKILL");
  process.once("exit", end);
  await answers(port, server);
  return {
    port,
    async cpu() {
      const said = await ask(port, "INFO cpu");
      const of = (name) => Number(new RegExp(`used_cpu_${name}:([\\d.]+)`).exec(said)?.[1]);
      return (of("user_main_thread") + of("sys_main_thread")) * 1e6;
    },
    /** Nothing is in it afterwards. */
    clear: () => ask(port, "FLUSHALL"),
    async stop() {
      process.off("exit", end);
      end();
      await once(server, "close");
    },
  };
}
