// Redis with a clock that a test moves: what stands between a store and its server gives the scripts, whose first lines ask the
// server for its time, others in their place, and asks for that clock where the store asks for the time by itself. Nothing else of
// it differs.

import { createServer, connect, type Socket } from "node:net";

import type { RedisServer } from "./_redis.ts";

const LINE = "\r\n";
/** How a script begins that goes by the server's time: src/store/redis/scripts/clock.lua. */
const SERVER_CLOCK = /local \w+ = redis\.call\('TIME'\)\nlocal now = [^\n]*\n/;
export const CLOCK_KEY = "the-clock-of-the-test";
const CLOCK = `local now = tonumber(redis.call('GET', '${CLOCK_KEY}'))\n`;
/** In place of TIME. */
const TIME = `${CLOCK}return { string.format('%.0f', math.floor(now / 1000)), string.format('%.0f', now % 1000 * 1000) }`;

/** The command that `text` begins with, and where it ends; `undefined` while it is not all there. */
function command(text: string): { parts: string[]; end: number } | undefined {
  const header = /^\*(\d+)\r\n/.exec(text);
  if (header === null) return undefined;
  const parts: string[] = [];
  let at = header[0].length;
  while (parts.length < Number(header[1])) {
    const length = /^\$(\d+)\r\n/.exec(text.slice(at, at + 20));
    if (length === null) return undefined;
    const start = at + length[0].length;
    const end = start + Number(length[1]);
    if (text.length < end + LINE.length) return undefined;
    parts.push(text.slice(start, end));
    at = end + LINE.length;
  }
  return { parts, end: at };
}

function rewritten(parts: readonly string[], count: () => void): string {
  const [name, script = "", ...others] = parts;
  const isScript = name === "EVAL" && SERVER_CLOCK.test(script);
  if (isScript || name === "TIME") count();
  const asked = name === "TIME" ? ["EVAL", TIME, "0"] : parts;
  const all = isScript ? [name, script.replace(SERVER_CLOCK, CLOCK), ...others] : asked;
  return `*${all.length}${LINE}${all.map((part) => `$${part.length}${LINE}${part}${LINE}`).join("")}`;
}

/** A server as its stores see it that goes by another clock. */
export interface Clocked {
  readonly url: string;
  /** How many scripts went by it. */
  scripts(): number;
  advance(ms: number): Promise<void>;
  close(): void;
}

/** Makes a server go by another clock, which stands at now. */
export async function withClock(server: RedisServer): Promise<Clocked> {
  await server.ask(["SET", CLOCK_KEY, `${Date.now()}`]);
  let scripts = 0;
  const sockets = new Set<Socket>();
  const proxy = createServer((client) => {
    const upstream = connect({ port: server.port, host: "127.0.0.1" });
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => socket.destroy());
      socket.on("close", () => [client, upstream].map((each) => each.destroy()));
    }
    upstream.pipe(client);
    let text = "";
    client.on("data", (part) => {
      text += part.toString("latin1");
      for (let next = command(text); next !== undefined; next = command(text)) {
        upstream.write(
          Buffer.from(
            rewritten(next.parts, () => scripts++),
            "latin1",
          ),
        );
        text = text.slice(next.end);
      }
    });
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const address = proxy.address();
  if (typeof address !== "object" || address === null) throw new Error("The proxy does not listen");
  return {
    url: server.url.replace(`:${server.port}`, `:${address.port}`),
    scripts: () => scripts,
    advance: async (ms) => void (await server.ask(["INCRBY", CLOCK_KEY, `${ms}`])),
    close() {
      for (const socket of sockets) socket.destroy();
      proxy.close();
    },
  };
}
