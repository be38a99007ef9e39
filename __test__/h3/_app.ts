import * as v1 from "h3-v1";
import * as v2 from "h3-v2";
import type { Reply, RequestInput, RunningServer } from "./_http.ts";
import { fetchInProcess, fetchOverHttp, startServer } from "./_http.ts";

export type Major = 1 | 2;
export type Target = "in process" | "real server";
export type MatrixEvent = v1.H3Event | v2.H3Event;
export type Handler = (event: MatrixEvent) => unknown;

/** What both majors take as a middleware. A text is an answer. */
export type Middleware = (event: MatrixEvent) => Promise<string | undefined | void> | string | undefined;

export interface AppCookie {
  readonly path?: string;
  readonly domain?: string;
}

/** What a handler of a suite may do to a response, spelled once for both majors. */
export interface ResponseTools {
  setStatus(event: MatrixEvent, status: number): void;
  setHeader(event: MatrixEvent, name: string, value: string): void;
  /** A cookie that the app itself sets, with h3's own helper. */
  setAppCookie(event: MatrixEvent, name: string, value: string, options?: AppCookie): void;
  httpError(status: number, message: string): Error;
  isHttpError(error: unknown): boolean;
}

export interface TestApp {
  readonly tools: ResponseTools;
  route(method: string | undefined, path: string, handler: Handler): void;
  middleware(handler: Handler): void;
  /** A middleware that is passed to h3 as it is. */
  use(middleware: Middleware): void;
  request(path: string, input: RequestInput): Promise<Reply>;
  close(): Promise<void>;
}

export function createTestApp(major: Major, target: Target, onError: (error: Error) => void): TestApp {
  return major === 1 ? createV1(target, onError) : createV2(target, onError);
}

const v1Tools: ResponseTools = {
  setStatus: (event, status) => v1.setResponseStatus(event as v1.H3Event, status),
  setHeader: (event, name, value) => v1.setResponseHeader(event as v1.H3Event, name, value),
  setAppCookie: (event, name, value, options) => v1.setCookie(event as v1.H3Event, name, value, { ...options }),
  httpError: (statusCode, message) => v1.createError({ statusCode, message }),
  isHttpError: (error) => v1.isError(error),
};

const v2Tools: ResponseTools = {
  setStatus: (event, status) => {
    (event as v2.H3Event).res.status = status;
  },
  setHeader: (event, name, value) => (event as v2.H3Event).res.headers.set(name, value),
  setAppCookie: (event, name, value, options) => v2.setCookie(event as v2.H3Event, name, value, { ...options }),
  httpError: (status, message) => new v2.HTTPError({ status, message }),
  isHttpError: (error) => v2.HTTPError.isError(error),
};

function createV1(target: Target, onError: (error: Error) => void): TestApp {
  const app = v1.createApp({ onError: (error) => void onError(error) });
  const router = v1.createRouter();
  const mounted = once(() => app.use(router));
  const server = serverFor(() => v1.toNodeListener(app));
  return {
    tools: v1Tools,
    route(method, path, handler) {
      const verb = method?.toLowerCase() as v1.RouterMethod | undefined;
      router.use(path, v1.eventHandler(handler), verb);
    },
    middleware(handler) {
      app.use(v1.eventHandler(async (event) => void (await handler(event))));
    },
    use: (middleware) => void app.use(middleware),
    async request(path, input) {
      mounted();
      if (target === "in process") return fetchInProcess(v1.toWebHandler(app), path, input);
      return fetchOverHttp((await server.start()).origin, path, input);
    },
    close: server.close,
  };
}

function createV2(target: Target, onError: (error: Error) => void): TestApp {
  const app = new v2.H3({ silent: true, onError: (error) => void onError(error) });
  const server = serverFor(() => v2.toNodeHandler(app));
  return {
    tools: v2Tools,
    route(method, path, handler) {
      app.on((method ?? "") as v2.HTTPMethod, path, (event) => handler(event));
    },
    middleware(handler) {
      app.use(async (event) => void (await handler(event)));
    },
    use: (middleware) => void app.use(middleware),
    async request(path, input) {
      if (target === "in process") return fetchInProcess(app.fetch, path, input);
      return fetchOverHttp((await server.start()).origin, path, input);
    },
    close: server.close,
  };
}

function serverFor(listener: () => Parameters<typeof startServer>[0]): {
  start: () => Promise<RunningServer>;
  close: () => Promise<void>;
} {
  let running: Promise<RunningServer> | undefined;
  return {
    start: () => (running ??= startServer(listener())),
    close: async () => (await running)?.close(),
  };
}

function once(action: () => void): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    action();
  };
}
