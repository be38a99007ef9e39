import * as v1 from "h3-v1";
import * as v2 from "h3-v2";
import { startSessions } from "ironkeep/nitro/runtime";
import { onTestFinished } from "vitest";

import { PASSWORD } from "../h3/_passwords.ts";
import { type Reply, type RequestInput, fetchOverHttp, startServer } from "../h3/_http.ts";

/** An event of either major, and its context. */
export interface AppEvent {
  readonly context: Record<string, unknown>;
}

type Hook = (event: unknown) => unknown;
type Handler = (event: never) => unknown;

/** A server, and requests that it makes of itself, as Nitro has its apps make them. */
export interface App {
  request(path: string, input?: RequestInput): Promise<Reply>;
  /** A request of the app's own, which comes with this context. */
  sub(path: string, context: object, headers: Record<string, string>): Promise<{ body: unknown; setCookies: string[] }>;
}

/** Starts sessions as the plugin does, and gives the hook for requests. */
function started(generation: 1 | 2): Hook {
  const hooks: Hook[] = [];
  const hook = (name: string, callback: Hook): void => {
    if (name === "request") hooks.push(callback);
  };
  startSessions(
    { hooks: { hook } },
    { session: { password: PASSWORD, name: "app" } },
    { generation, isPrerendering: false },
  );
  return (event) => {
    for (const each of hooks) each(event);
  };
}

const CONTEXT_HEADER = "x-test-context";

/** nitropack calls itself by a request that carries the context; here it comes over the network, and finds it by a number. */
export async function appOfV1(routes: Readonly<Record<string, Handler>>): Promise<App> {
  const record = started(1);
  const contexts: object[] = [];
  const app = v1.createApp({ onRequest: (event) => void record(event) });
  for (const [path, handler] of Object.entries(routes)) app.use(path, v1.eventHandler(handler as v1.EventHandler));
  const listener = v1.toNodeListener(app);
  const server = await startServer((request, response) => {
    const number = request.headers[CONTEXT_HEADER];
    delete request.headers[CONTEXT_HEADER];
    if (number !== undefined) Object.assign(request, { __unenv__: contexts[Number(number)] });
    void listener(request, response);
  });
  onTestFinished(() => server.close());
  return {
    request: (path, input) => fetchOverHttp(server.origin, path, input ?? {}),
    async sub(path, context, headers) {
      const number = contexts.push(context) - 1;
      const reply = await fetchOverHttp(server.origin, path, {
        headers: { ...headers, [CONTEXT_HEADER]: String(number) },
      });
      return { body: reply.json(), setCookies: [...reply.setCookies] };
    },
  };
}

/** Nitro 3 copies the context into that of the new request. */
export async function appOfV2(routes: Readonly<Record<string, Handler>>): Promise<App> {
  const record = started(2);
  const app = new v2.H3({ silent: true, onRequest: (event) => void record(event) });
  for (const [path, handler] of Object.entries(routes)) app.get(path, handler as v2.EventHandler);
  const server = await startServer(v2.toNodeHandler(app));
  onTestFinished(() => server.close());
  return {
    request: (path, input) => fetchOverHttp(server.origin, path, input ?? {}),
    async sub(path, context, headers) {
      const request = Object.assign(new Request(`http://localhost${path}`, { headers }), { context: { ...context } });
      const response = await app.fetch(request);
      return { body: await response.json(), setCookies: response.headers.getSetCookie() };
    },
  };
}
