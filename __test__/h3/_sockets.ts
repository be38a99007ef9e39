import { createRequire } from "node:module";
import { createServer, request as httpRequest } from "node:http";
import type { IncomingMessage, Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { pathToFileURL } from "node:url";
import * as v1 from "h3-v1";
import * as v2 from "h3-v2";
import { afterEach } from "vitest";

/** What hooks need of a peer; crossws gives more. */
export interface Peer {
  readonly request: { readonly url: string; readonly headers: Headers };
  readonly context: Record<string, unknown>;
  send(data: string): unknown;
}

export interface Hooks {
  upgrade?(request: Request): unknown;
  open(peer: Peer): unknown;
  message(peer: Peer): unknown;
}

interface Adapter {
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void>;
  closeAll(code?: number, data?: string, force?: boolean): void;
}

interface Client {
  addEventListener(type: "message", listener: (event: { data: unknown }) => void): void;
  addEventListener(type: "error", listener: (event: { message?: string }) => void): void;
  send(data: string): void;
  close(): void;
}

type MakeAdapter = (options: object) => Adapter;
type MakeClient = new (url: string, options: { headers: Record<string, string> }) => Client;

/** The crossws that h3 1 brings: its Node adapter serves both majors, and it holds a client. */
async function crossws(entry: string): Promise<unknown> {
  const fromH3 = createRequire(createRequire(import.meta.url).resolve("h3-v1"));
  const module = (await import(pathToFileURL(fromH3.resolve(`crossws/${entry}`)).href)) as {
    default: unknown;
  };
  return module.default;
}

function optionsForV1(hooks: Hooks): object {
  const app = v1.createApp();
  app.use("/_ws", v1.defineWebSocketHandler(hooks as unknown as Parameters<typeof v1.defineWebSocketHandler>[0]));
  return app.websocket;
}

function optionsForV2(hooks: Hooks, middleware?: v2.Middleware): object {
  const app = new v2.H3({ silent: true });
  if (middleware) app.use(middleware);
  app.get("/_ws", v2.defineWebSocketHandler(hooks as unknown as Parameters<typeof v2.defineWebSocketHandler>[0]));
  return {
    async resolve(info: Peer | Peer["request"]) {
      const { url, headers } = "request" in info ? info.request : info;
      const response = await app.fetch(new Request(url, { headers: [...headers] }));
      return Reflect.get(response, "crossws") as Hooks;
    },
  };
}

const cleanups: (() => Promise<void>)[] = [];

/** A server for these hooks, until the test ends: the address of its WebSockets. */
export async function listen(options: object): Promise<string> {
  const adapter = ((await crossws("adapters/node")) as MakeAdapter)(options);
  const server: Server = createServer((_, response) => response.writeHead(426).end());
  const sockets: Duplex[] = [];
  server.on("upgrade", (request, socket, head) => {
    sockets.push(socket);
    void adapter.handleUpgrade(request, socket, head);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(
    () =>
      new Promise<void>((resolve) => {
        adapter.closeAll(1001, "done", true);
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/_ws`;
}

/** The status of the answer to a handshake: 101 opens the WebSocket, which is closed at once. */
export function handshake(url: string, headers: Record<string, string>): Promise<number> {
  const marks = { connection: "Upgrade", upgrade: "websocket", "sec-websocket-version": "13" };
  const key = Buffer.from("0123456789abcdef").toString("base64");
  return new Promise((resolve, reject) => {
    const request = httpRequest(url.replace("ws:", "http:"), {
      agent: false,
      headers: { ...marks, "sec-websocket-key": key, ...headers },
    });
    request.on("error", reject);
    // A handshake that a server forgets would hold the test up for longer.
    request.setTimeout(5000, () => request.destroy(new Error("no answer to the handshake")));
    request.on("response", (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    request.on("upgrade", (_response, socket) => {
      socket.destroy();
      resolve(101);
    });
    request.end();
  });
}

/** Opens a WebSocket. `next` gives what is received, in order. */
export async function connect(
  url: string,
  headers: Record<string, string>,
): Promise<Client & { next(): Promise<unknown> }> {
  const WebSocketClient = (await crossws("websocket")) as MakeClient;
  const client = new WebSocketClient(url, { headers });
  const received: unknown[] = [];
  const waiting: ((value: unknown) => void)[] = [];
  let failed: Error | undefined;
  client.addEventListener("message", ({ data }) => {
    const value: unknown = JSON.parse(String(data));
    const resolve = waiting.shift();
    if (resolve === undefined) received.push(value);
    else resolve(value);
  });
  client.addEventListener("error", ({ message }) => {
    failed = new Error(message ?? "connection failed");
  });
  const next = (): Promise<unknown> => {
    if (failed !== undefined) return Promise.reject(failed);
    if (received.length > 0) return Promise.resolve(received.shift());
    return new Promise((resolve) => waiting.push(resolve));
  };
  return Object.assign(client, { next });
}

afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

/** The adapter's options for an app of each major with these hooks under `/_ws`. */
export const MAJORS = { v1: optionsForV1, v2: optionsForV2 } as const;
