import { createEvent } from "h3-v1";
import type { H3Event as H3EventV1 } from "h3-v1";
import type { H3Event as H3EventV2 } from "h3-v2";
import type { Handler, MatrixEvent } from "./_matrix.ts";

/**
 * What happens around a cached handler on a miss, reduced to what a session can see of it:
 *
 * - nitropack 2 (h3 1) makes a new event over the same `context`, marks it with `context.cache`
 *   (which stays), hides the request's headers and collects the response's headers;
 * - ocache (h3 2) puts a narrowed Request, without cookies, on the same event, and leaves it there.
 */
export function cached(handler: Handler): Handler {
  return (event) => (isV2(event) ? throughOcache(handler, event) : throughNitropack(handler, event));
}

function isV2(event: MatrixEvent): event is H3EventV2 {
  return "app" in event;
}

export function isMarkedAsCached(event: MatrixEvent): boolean {
  return "cache" in event.context;
}

async function throughNitropack(handler: Handler, outer: H3EventV1): Promise<unknown> {
  const headers: Record<string, number | string | string[]> = {};
  const request = withOverrides(outer.node.req, { headers: {} });
  const response = withOverrides(outer.node.res, {
    statusCode: 200,
    headersSent: false,
    writableEnded: false,
    getHeader: (name: string) => headers[name],
    getHeaders: () => headers,
    hasHeader: (name: string) => name in headers,
    setHeader: (name: string, value: string) => void (headers[name] = value),
    removeHeader: (name: string) => void delete headers[name],
    appendHeader: (name: string, value: string | string[]) =>
      void (headers[name] = [headers[name] ?? [], value].flat().map(String)),
  });
  const inner = createEvent(request, response);
  inner.context = outer.context;
  inner.context["cache"] = { options: { maxAge: 60 } };
  const body = await handler(inner);
  outer.node.res.statusCode = response.statusCode;
  for (const [name, value] of Object.entries(headers)) outer.node.res.setHeader(name, value);
  return body;
}

async function throughOcache(handler: Handler, event: H3EventV2): Promise<unknown> {
  const whole = event.req;
  const narrowed: H3EventV2["req"] = new Request(whole.url, {
    method: whole.method,
    headers: { host: event.url.host },
  });
  if (whole.runtime !== undefined) narrowed.runtime = whole.runtime;
  if (whole.context !== undefined) narrowed.context = whole.context;
  Reflect.set(event, "req", narrowed);
  return handler(event);
}

function withOverrides<T extends object>(target: T, overrides: Record<string, unknown>): T {
  return new Proxy(target, {
    get: (object, key) => (typeof key === "string" && key in overrides ? overrides[key] : Reflect.get(object, key)),
    set(object, key, value) {
      if (typeof key !== "string" || !(key in overrides)) return Reflect.set(object, key, value);
      overrides[key] = value;
      return true;
    },
  });
}
