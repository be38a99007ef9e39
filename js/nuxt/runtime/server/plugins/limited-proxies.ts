import { defineEventHandler, defineNitroPlugin, getRouteRules, setResponseHeaders } from "#imports";

import { limited } from "../limits.js";

interface Rules {
  readonly proxy?: unknown;
  readonly redirect?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Counts the requests that rules of the app send elsewhere, which Nitro does before it asks any middleware. All others are left to
 * the middleware, so that files of the app are not counted.
 */
export default defineNitroPlugin(({ h3App }) => {
  const handler = defineEventHandler((event) => {
    const { proxy, redirect, headers = {} } = getRouteRules(event) as Rules;
    if (!proxy && !redirect) return undefined;
    // Nitro sets them next; a refusal needs those of CORS too.
    setResponseHeaders(event, headers);
    return limited(event);
  });
  h3App.stack.unshift({ route: "/", handler });
});
