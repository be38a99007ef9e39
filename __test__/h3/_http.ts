import { createServer, request as httpRequest } from "node:http";
import type { IncomingMessage, RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import type { SetCookie } from "./_cookies.ts";
import { parseSetCookie } from "./_cookies.ts";

/** Chunked sessions pass Node's 16 KB of headers; the tests are about the cookies, not that limit. */
const MAX_HEADER_SIZE = 1024 * 1024;

export interface RequestInput {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A response, reduced to what the suites look at; several Set-Cookie lines stay several. */
export class Reply {
  readonly cookies: readonly SetCookie[];

  constructor(
    readonly status: number,
    readonly headers: Headers,
    readonly setCookies: readonly string[],
    readonly text: string,
  ) {
    this.cookies = setCookies.map(parseSetCookie);
  }

  json<T>(): T {
    return JSON.parse(this.text) as T;
  }

  /** The one Set-Cookie of that name; more than one, or none, is an error. */
  cookie(name: string): SetCookie {
    const found = this.cookies.filter((cookie) => cookie.name === name);
    const [first] = found;
    if (first === undefined || found.length > 1) {
      throw new Error(`${found.length} Set-Cookie lines for "${name}": ${this.setCookies.join(" | ")}`);
    }
    return first;
  }

  cookieNames(): string[] {
    return this.cookies.map((cookie) => cookie.name);
  }
}

export type Fetch = (request: Request) => Response | Promise<Response>;

export async function fetchInProcess(fetch: Fetch, path: string, input: RequestInput): Promise<Reply> {
  const init: RequestInit = { method: input.method ?? "GET", headers: { ...input.headers } };
  if (input.body !== undefined) init.body = input.body;
  const response = await fetch(new Request(`http://localhost${path}`, init));
  const cookies = response.headers.getSetCookie();
  return new Reply(response.status, response.headers, cookies, await response.text());
}

export interface RunningServer {
  readonly origin: string;
  close(): Promise<void>;
}

export async function startServer(listener: RequestListener): Promise<RunningServer> {
  const server = createServer({ maxHeaderSize: MAX_HEADER_SIZE }, listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Not `fetch`: it hides the Cookie header's exact form and joins what it should not. */
export async function fetchOverHttp(origin: string, path: string, input: RequestInput): Promise<Reply> {
  const message = await send(origin + path, input);
  const headers = new Headers();
  for (let i = 0; i < message.rawHeaders.length; i += 2) {
    headers.append(message.rawHeaders[i] ?? "", message.rawHeaders[i + 1] ?? "");
  }
  const parts: Buffer[] = [];
  for await (const part of message) parts.push(part as Buffer);
  const text = Buffer.concat(parts).toString("utf8");
  return new Reply(message.statusCode ?? 0, headers, message.headers["set-cookie"] ?? [], text);
}

function send(url: string, input: RequestInput): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      url,
      {
        method: input.method ?? "GET",
        headers: { ...input.headers },
        agent: false,
        maxHeaderSize: MAX_HEADER_SIZE,
      },
      resolve,
    );
    request.on("error", reject);
    request.end(input.body);
  });
}
