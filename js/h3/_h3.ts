import { originOf } from "./_handed-over.js";
import { PendingHeaders, errorHeaders } from "./_error-headers.js";
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
  readonly context: Record<PropertyKey, unknown>;
  /** What came with the request from inside the process: for a sub-request of Nitro the context of the one that makes it, or nothing. */
  readonly origin: Record<PropertyKey, unknown> | undefined;
  /** `undefined`: no response can carry a cookie. */
  readonly response: ExchangeResponse | undefined;
  /** Whether the request is one that a cache made for itself. */
  readonly isNarrowed: boolean;
  /** A WebSocket hook: the handshake is over, and a write would be lost. */
  readonly isSocket: boolean;
  /** The pattern of the matched route, where h3 tells it. Never the path, which may hold what is private. */
  readonly route: string | undefined;
  /** As it was sent. A WebSocket hook's is that of the handshake. */
  readonly method: string;
  /** The path as it was sent, without its query. Empty where it is not known. */
  readonly path: string;
  /** What the client called this server: a host, with its port where that is not the default. */
  readonly host: string | undefined;
  /** Whether TLS ends here. `false` says nothing about the client, since a proxy may end it. */
  readonly isEncrypted: boolean;
  /** Where the connection comes from, which may be a proxy. `undefined` where no server says it. */
  readonly remoteAddress: string | undefined;
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
  /** Sets a header, of an error that may follow too. */
  set(name: string, value: string): void;
  /** Sets the status of what is answered next. */
  setStatus(status: number, text: string): void;
  /** Sets a header of the error that is about to be thrown, where its own headers are not sent or would lose. */
  setForError(name: string, value: string): void;
}

interface NodeRequest {
  method?: string;
  url?: string;
  /** h3 1 shortens `url` by the prefix of a layer, and keeps the whole here. */
  originalUrl?: string;
  socket?: { encrypted?: boolean; remoteAddress?: string };
  headers: Record<string, string | string[] | undefined>;
  /** There where nitropack calls itself, and `undefined` where it passes no context. */
  __unenv__?: Record<PropertyKey, unknown> | undefined;
}

interface NodeResponse {
  headersSent?: boolean;
  statusCode?: number;
  statusMessage?: string;
  getHeader(name: string): number | string | string[] | undefined;
  setHeader(name: string, value: string | readonly string[]): unknown;
}

interface WebResponse {
  headers: Headers;
  status?: number | undefined;
  statusText?: string | undefined;
  /** Since h3 2.0.1-rc.27: the headers of an error response. */
  errHeaders?: Headers;
}

interface WebRequest {
  headers: HeadersLike;
  method?: string;
  url?: string;
  context?: Record<string, unknown>;
  runtime?: { name?: string; node?: { req?: NodeRequest } };
  /** srvx's. */
  ip?: string;
}

interface AnyEvent {
  node?: { req: NodeRequest; res: NodeResponse };
  req?: WebRequest;
  res?: WebResponse;
  request?: WebRequest;
  headers?: HeadersLike;
  url?: string;
  context?: Record<string, unknown>;
  /** crossws's. */
  remoteAddress?: string;
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
  const request = any?.request?.headers ? any.request : any;
  if (any && request?.headers) return new SocketExchange(any, request.headers, request.url);
  throw new TypeError("A session needs an h3 event, a WebSocket peer or its upgrade request as the first argument");
}

/** The major of an event, if it is one. */
export function majorOf(event: unknown): Major | undefined {
  const any = event as AnyEvent | null | undefined;
  if (isWebRequest(any?.req)) return 2;
  return any?.node?.req ? 1 : undefined;
}

function isWebRequest(request: WebRequest | undefined): request is WebRequest {
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
  readonly origin: Record<PropertyKey, unknown> | undefined;
  readonly #request: NodeRequest;

  constructor(event: AnyEvent, request: NodeRequest, response: NodeResponse) {
    this.owner = event;
    this.#request = request;
    this.origin = originOf(request);
    this.context = event.context ??= {};
    this.response = new NodeExchangeResponse(response);
  }

  get route(): string | undefined {
    return routeOf(this.context);
  }

  get method(): string {
    return this.#request.method ?? "";
  }

  get path(): string {
    const { originalUrl, url } = this.#request;
    return (originalUrl ?? url ?? "").split("?", 1)[0] ?? "";
  }

  get host(): string | undefined {
    return this.header("host") ?? this.header(":authority");
  }

  get isEncrypted(): boolean {
    return this.#request.socket?.encrypted === true;
  }

  get remoteAddress(): string | undefined {
    return this.#request.socket?.remoteAddress || knownAddress(this.context);
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

  set(name: string, value: string): void {
    if (!this.isSent) this.#response.setHeader(name, value);
  }

  setStatus(status: number, text: string): void {
    this.#response.statusCode = status;
    this.#response.statusMessage = text;
  }

  setForError(name: string, value: string): void {
    if (!this.isSent) this.#response.setHeader(name, value);
  }
}

class WebExchange implements Exchange {
  readonly major = 2;
  readonly owner: object;
  readonly headers: HeadersLike | undefined;
  readonly context: Record<string, unknown>;
  readonly isNarrowed: boolean;
  readonly isSocket: boolean;

  readonly #event: AnyEvent;
  readonly #request: WebRequest;
  readonly #hasResponse: boolean;
  #response: ExchangeResponse | undefined;

  constructor(event: AnyEvent, request: WebRequest) {
    this.#event = event;
    this.#request = request;
    this.#hasResponse = hasResponse(event);
    this.headers = this.#hasResponse ? request.headers : undefined;
    // srvx's requests on Node have an `ip`. The caches of Nitro 3 make a plain request and copy the runtime to it.
    this.isNarrowed = request.runtime?.name === "node" && !("ip" in request);
    // h3 2's own way into a WebSocket hook is `{ req: peer.request, context: peer.context }`.
    this.isSocket = !this.#hasResponse && request.headers.get("sec-websocket-key") !== null;
    this.context = event.context ?? (request.context ??= {});
    // Without a response it is no event of h3's but something that carries a request: the context is what lasts.
    this.owner = this.#hasResponse ? event : this.context;
  }

  /** Made when it is asked for: a response that was looked at is one that h3 has to merge into its answer. */
  get response(): ExchangeResponse | undefined {
    if (this.#hasResponse && !this.#response && this.#event.res)
      this.#response = new WebExchangeResponse(this.#event.res);
    return this.#response;
  }

  /** h3 2 takes it for the context, or a copy of it. */
  get origin(): Record<PropertyKey, unknown> {
    return this.context;
  }

  get route(): string | undefined {
    return routeOf(this.context);
  }

  get method(): string {
    return this.#request.method ?? "";
  }

  get path(): string {
    return addressOf(this.#request.url)?.pathname ?? "";
  }

  get host(): string | undefined {
    return this.header("host") ?? addressOf(this.#request.url)?.host;
  }

  get isEncrypted(): boolean {
    return isEncryptedAddress(this.#request.url);
  }

  get remoteAddress(): string | undefined {
    const { runtime, ip } = this.#request;
    // The connection's own comes first: srvx's may be one that it was told to read from a header.
    return runtime?.node?.req?.socket?.remoteAddress || ip || knownAddress(this.context);
  }

  header(name: string): string | undefined {
    return this.#request.headers.get(name) ?? undefined;
  }
}

/** h3's events make their response in a getter of their class. What stands for an event may have one of its own, or none. */
function hasResponse(event: AnyEvent): boolean {
  return Object.hasOwn(event, "res") ? Boolean(event.res) : "res" in event;
}

class WebExchangeResponse implements ExchangeResponse {
  readonly isSent = false;
  readonly #response: WebResponse;

  constructor(response: WebResponse) {
    this.#response = response;
  }

  setCookies(cookies: readonly string[], replaces: (cookie: string) => boolean): void {
    mergeCookies(this.#response.headers, cookies, replaces);
    const errors = errorHeaders(this.#response);
    if (errors instanceof PendingHeaders) {
      errors.cookies = [...errors.cookies.filter((cookie) => !replaces(cookie)), ...cookies];
    } else if (errors) mergeCookies(errors, cookies, replaces);
  }

  setDefault(name: string, value: string): void {
    if (!this.#response.headers.has(name)) this.#response.headers.set(name, value);
    const errors = errorHeaders(this.#response);
    if (errors && !headersOf(errors).has(name)) headersOf(errors).set(name, value);
  }

  set(name: string, value: string): void {
    this.#response.headers.set(name, value);
    const errors = errorHeaders(this.#response);
    if (errors) headersOf(errors).set(name, value);
  }

  setStatus(status: number, text: string): void {
    this.#response.status = status;
    this.#response.statusText = text;
  }

  setForError(name: string, value: string): void {
    this.#response.errHeaders?.set(name, value);
  }
}

function headersOf(errors: Headers | PendingHeaders): Headers | Map<string, string> {
  return errors instanceof PendingHeaders ? errors.defaults : errors;
}

function routeOf(context: Record<string, unknown>): string | undefined {
  const matched = context["matchedRoute"] as { path?: unknown; route?: unknown } | undefined;
  const route = matched?.path ?? matched?.route;
  return typeof route === "string" ? route : undefined;
}

/** What h3 1 asks first: some hosts know the address and have no socket. */
function knownAddress({ clientAddress }: Record<string, unknown>): string | undefined {
  return typeof clientAddress === "string" && clientAddress !== "" ? clientAddress : undefined;
}

function addressOf(url: string | undefined): URL | undefined {
  return url !== undefined && URL.canParse(url) ? new URL(url) : undefined;
}

function isEncryptedAddress(url: string | undefined): boolean {
  return url?.startsWith("https:") === true || url?.startsWith("wss:") === true;
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
  readonly origin = undefined;
  readonly response = undefined;
  readonly isNarrowed = false;
  readonly isSocket = true;
  readonly route = undefined;
  readonly method = "GET";
  readonly remoteAddress: string | undefined;
  readonly #headers: HeadersLike;
  readonly #url: string | undefined;

  constructor(event: AnyEvent, headers: HeadersLike, url: string | undefined) {
    this.#headers = headers;
    this.#url = url;
    this.remoteAddress = event.remoteAddress || undefined;
    this.context = event.context ??= {};
    // Adapters may make a new peer for each message; the context is what lasts.
    this.owner = this.context;
  }

  get path(): string {
    return addressOf(this.#url)?.pathname ?? "";
  }

  get host(): string | undefined {
    return this.header("host") ?? addressOf(this.#url)?.host;
  }

  get isEncrypted(): boolean {
    return isEncryptedAddress(this.#url);
  }

  header(name: string): string | undefined {
    return this.#headers.get(name) ?? undefined;
  }
}
