import type { HeadersLike, SessionEvent } from "./types.js";

/** h3's major version, told by the event's shape. */
export type Major = 1 | 2;

/** One request and its response, whichever h3 they come from. */
export interface Exchange {
  readonly major: Major;
  /** What the state of this request's sessions hangs on. */
  readonly owner: object;
  /** The headers of the request, where a cache may have put a narrowed request in its place. */
  readonly headers: HeadersLike | undefined;
  readonly context: Record<string, unknown>;
  /** `undefined`: no response can carry a cookie. */
  readonly response: ExchangeResponse | undefined;
  /** Whether the request is one that a cache made for itself. */
  readonly isNarrowed: boolean;
  /** A WebSocket hook: the handshake is over, and a write would be lost. */
  readonly isSocket: boolean;
  /** The pattern of the matched route, where h3 tells it. Never the path, which may hold what is private. */
  readonly route: string | undefined;
  /** A request header by its lower-case name. */
  header(name: string): string | undefined;
}

/** The headers of a response. Where errors have headers of their own, what is set goes there too. */
export interface ExchangeResponse {
  /** Whether the headers are on their way, so that none can be added. */
  readonly isSent: boolean;
  /** Adds Set-Cookie lines in the place of those that `replaces` picks. */
  setCookies(cookies: readonly string[], replaces: (cookie: string) => boolean): void;
  setDefault(name: string, value: string): void;
}

interface NodeRequest {
  headers: Record<string, string | string[] | undefined>;
}

interface NodeResponse {
  headersSent?: boolean;
  getHeader(name: string): number | string | string[] | undefined;
  setHeader(name: string, value: string | readonly string[]): unknown;
}

interface WebResponse {
  headers: Headers;
  /** Since h3 2.0.1-rc.27: the headers of an error response. */
  errHeaders?: Headers;
}

interface AnyEvent {
  node?: { req: NodeRequest; res: NodeResponse };
  req?: { headers: HeadersLike; context?: Record<string, unknown>; runtime?: { name?: string } };
  res?: WebResponse;
  request?: { headers: HeadersLike };
  headers?: HeadersLike;
  context?: Record<string, unknown>;
}

/**
 * Reads an event of either major, or a WebSocket peer.
 *
 * @throws TypeError for what is none of them.
 */
export function toExchange(event: SessionEvent): Exchange {
  const any = event as AnyEvent | null | undefined;
  // v2 comes first: on Node its events have a `node` too.
  if (isWebRequest(any?.req)) return new WebExchange(any as AnyEvent, any.req);
  if (any?.node?.req) return new NodeExchange(any, any.node.req, any.node.res);
  const headers = any?.request?.headers ?? any?.headers;
  if (any && headers) return new SocketExchange(any, headers);
  throw new TypeError("A session needs an h3 event, a WebSocket peer or its upgrade request as the first argument");
}

/** The major of an event, if it is one. */
export function majorOf(event: unknown): Major | undefined {
  const any = event as AnyEvent | null | undefined;
  if (isWebRequest(any?.req)) return 2;
  return any?.node?.req ? 1 : undefined;
}

function isWebRequest(request: AnyEvent["req"]): request is NonNullable<AnyEvent["req"]> {
  return typeof request?.headers?.get === "function";
}

class NodeExchange implements Exchange {
  readonly major = 1;
  readonly owner: object;
  readonly headers = undefined;
  readonly context: Record<string, unknown>;
  readonly response: ExchangeResponse;
  readonly isNarrowed = false;
  readonly isSocket = false;
  readonly #request: NodeRequest;

  constructor(event: AnyEvent, request: NodeRequest, response: NodeResponse) {
    this.owner = event;
    this.#request = request;
    this.context = event.context ??= {};
    this.response = new NodeExchangeResponse(response);
  }

  get route(): string | undefined {
    return routeOf(this.context);
  }

  header(name: string): string | undefined {
    const value = this.#request.headers[name];
    return Array.isArray(value) ? value.join(name === "cookie" ? "; " : ", ") : value;
  }
}

class NodeExchangeResponse implements ExchangeResponse {
  readonly #response: NodeResponse;

  constructor(response: NodeResponse) {
    this.#response = response;
  }

  get isSent(): boolean {
    return this.#response.headersSent === true;
  }

  setCookies(cookies: readonly string[], replaces: (cookie: string) => boolean): void {
    const value = this.#response.getHeader("set-cookie") ?? [];
    const others = (Array.isArray(value) ? value : [String(value)]).filter((cookie) => !replaces(cookie));
    this.#response.setHeader("set-cookie", [...others, ...cookies]);
  }

  setDefault(name: string, value: string): void {
    if (this.#response.getHeader(name) === undefined) this.#response.setHeader(name, value);
  }
}

class WebExchange implements Exchange {
  readonly major = 2;
  readonly owner: object;
  readonly headers: HeadersLike | undefined;
  readonly context: Record<string, unknown>;
  readonly response: ExchangeResponse | undefined;
  readonly isNarrowed: boolean;
  readonly isSocket: boolean;

  readonly #request: NonNullable<AnyEvent["req"]>;

  constructor(event: AnyEvent, request: NonNullable<AnyEvent["req"]>) {
    this.#request = request;
    this.headers = event.res && request.headers;
    // srvx's requests on Node have an `ip`. The caches of Nitro 3 make a plain request and copy the runtime to it.
    this.isNarrowed = request.runtime?.name === "node" && !("ip" in request);
    // h3 2's own way into a WebSocket hook is `{ req: peer.request, context: peer.context }`.
    this.isSocket = !event.res && request.headers.get("sec-websocket-key") !== null;
    this.context = event.context ?? (request.context ??= {});
    // Without a response it is no event of h3's but something that carries a request: the context is what lasts.
    this.owner = event.res ? event : this.context;
    this.response = event.res && new WebExchangeResponse(event.res);
  }

  get route(): string | undefined {
    return routeOf(this.context);
  }

  header(name: string): string | undefined {
    return this.#request.headers.get(name) ?? undefined;
  }
}

class WebExchangeResponse implements ExchangeResponse {
  readonly isSent = false;
  readonly #response: WebResponse;

  constructor(response: WebResponse) {
    this.#response = response;
  }

  setCookies(cookies: readonly string[], replaces: (cookie: string) => boolean): void {
    mergeCookies(this.#response.headers, cookies, replaces);
    if (this.#response.errHeaders) mergeCookies(this.#response.errHeaders, cookies, replaces);
  }

  setDefault(name: string, value: string): void {
    if (!this.#response.headers.has(name)) this.#response.headers.set(name, value);
    const errors = this.#response.errHeaders;
    if (errors && !errors.has(name)) errors.set(name, value);
  }
}

function routeOf(context: Record<string, unknown>): string | undefined {
  const matched = context["matchedRoute"] as { path?: unknown; route?: unknown } | undefined;
  const route = matched?.path ?? matched?.route;
  return typeof route === "string" ? route : undefined;
}

/** Leaves the list alone where it can: every line that is added is checked anew, character by character. */
function mergeCookies(headers: Headers, cookies: readonly string[], replaces: (cookie: string) => boolean): void {
  const current = headers.getSetCookie();
  if (current.some((cookie) => replaces(cookie))) {
    headers.delete("set-cookie");
    for (const cookie of current) if (!replaces(cookie)) headers.append("set-cookie", cookie);
  }
  for (const cookie of cookies) headers.append("set-cookie", cookie);
}

class SocketExchange implements Exchange {
  readonly major = 2;
  readonly owner: object;
  readonly headers = undefined;
  readonly context: Record<string, unknown>;
  readonly response = undefined;
  readonly isNarrowed = false;
  readonly isSocket = true;
  readonly route = undefined;
  readonly #headers: HeadersLike;

  constructor(event: AnyEvent, headers: HeadersLike) {
    this.#headers = headers;
    this.context = event.context ??= {};
    // Adapters may make a new peer for each message; the context is what lasts.
    this.owner = this.context;
  }

  header(name: string): string | undefined {
    return this.#headers.get(name) ?? undefined;
  }
}
