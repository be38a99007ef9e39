import { createRequire } from "node:module";
import { createServer } from "node:http";
import type { IncomingMessage, Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { pathToFileURL } from "node:url";
import * as v1 from "h3-v1";
import * as v2 from "h3-v2";
import type { SessionConfig } from "ironkeep/h3";
import { useSession } from "ironkeep/h3";
import { afterEach, describe, expect, it } from "vitest";
import { PASSWORD } from "./_passwords.ts";
import { makeSeal } from "./_seals.ts";

const config: SessionConfig = { password: PASSWORD };

/** What the hooks below need of a peer; crossws gives more. */
interface Peer {
  readonly request: { readonly url: string; readonly headers: Headers };
  readonly context: Record<string, unknown>;
  send(data: string): unknown;
}

interface Hooks {
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

type Subject = Parameters<typeof useSession>[0];

/** What an app passes on: the peer itself, or the form that h3 2 asks for. */
const PASSED: Record<string, (peer: Peer) => Subject> = {
  "the peer": (peer) => peer,
  "{ req, context } of the peer": (peer) => ({ req: peer.request, context: peer.context }),
};

const makeHooks = (pass: (peer: Peer) => Subject): Hooks => ({
  async open(peer) {
    const session = await useSession(pass(peer), config);
    peer.send(JSON.stringify({ id: session.id, data: session.data }));
  },
  async message(peer) {
    const session = await useSession(pass(peer), config);
    const written = (async () => session.update({ written: true }))();
    const outcome = await written.then(
      () => "written",
      (error: { code?: string }) => error.code,
    );
    peer.send(JSON.stringify({ outcome, data: session.data }));
  },
});

function optionsForV1(hooks: Hooks): object {
  const app = v1.createApp();
  app.use("/_ws", v1.defineWebSocketHandler(hooks as unknown as Parameters<typeof v1.defineWebSocketHandler>[0]));
  return app.websocket;
}

function optionsForV2(hooks: Hooks): object {
  const app = new v2.H3({ silent: true });
  app.get("/_ws", v2.defineWebSocketHandler(hooks as unknown as Parameters<typeof v2.defineWebSocketHandler>[0]));
  return {
    async resolve(info: Peer | Peer["request"]) {
      const { url, headers } = "request" in info ? info.request : info;
      const response = await app.fetch(new Request(url, { headers: { host: headers.get("host") ?? "" } }));
      return Reflect.get(response, "crossws") as Hooks;
    },
  };
}

const cleanups: (() => Promise<void>)[] = [];

async function listen(options: object): Promise<string> {
  const adapter = ((await crossws("adapters/node")) as MakeAdapter)(options);
  const server: Server = createServer((_, response) => response.writeHead(426).end());
  server.on("upgrade", (request, socket, head) => void adapter.handleUpgrade(request, socket, head));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(
    () =>
      new Promise<void>((resolve) => {
        adapter.closeAll(1001, "done", true);
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/_ws`;
}

async function connect(url: string, headers: Record<string, string>): Promise<Client & { next(): Promise<unknown> }> {
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

const MAJORS = { v1: optionsForV1, v2: optionsForV2 } as const;

for (const [major, options] of Object.entries(MAJORS)) {
  for (const [passed, pass] of Object.entries(PASSED)) {
    describe(`a session over a real WebSocket, from ${passed} [h3 ${major}]`, () => {
      it("is read when the connection opens, and writes are refused", async () => {
        const payload = { id: "s1", createdAt: Date.now(), data: { user: "ada" } };
        const cookie = `h3=${await makeSeal(payload, PASSWORD)}`;
        const client = await connect(await listen(options(makeHooks(pass))), { cookie });
        expect(await client.next()).toEqual({ id: "s1", data: { user: "ada" } });
        client.send("write");
        expect(await client.next()).toEqual({ outcome: "ERR_READ_ONLY", data: { user: "ada" } });
        client.close();
      });

      it("is empty for an anonymous connection", async () => {
        const client = await connect(await listen(options(makeHooks(pass))), {});
        expect(await client.next()).toHaveProperty("data", {});
        client.close();
      });
    });
  }
}
