import { limitRoute } from "ironkeep/nuxt/server";

import { getRouteRules, useRuntimeConfig } from "#imports";

import type { RouteRule } from "../../route-limits.js";

type LimitedEvent = Parameters<typeof getRouteRules>[0] & Parameters<typeof limitRoute>[0];

/** Counts a request of a route that has a limit in `routeRules`. Gives the body of a refusal. */
export function limited(event: LimitedEvent): string | undefined | Promise<string | undefined> {
  const { ironkeep } = getRouteRules(inLowerCase(event)) as { ironkeep?: RouteRule };
  // What renders pages while the app is built is no visitor.
  if (ironkeep?.rateLimit === undefined || import.meta.prerender) return undefined;
  return limitRoute(event, ironkeep.rateLimit, import.meta.dev);
}

/** Pages answer to their paths in any case, and limits are spelled in lower case. */
function inLowerCase(event: LimitedEvent): Parameters<typeof getRouteRules>[0] {
  const { path } = event;
  const { baseURL } = (useRuntimeConfig() as { app: { baseURL: string } }).app;
  // A middleware has the path without the base, which may be in any case of its own.
  const kept = path.startsWith(baseURL) ? baseURL.length : 0;
  const lower = path.slice(0, kept) + path.slice(kept).toLowerCase();
  // Another event, since the rules of one are kept on it.
  return lower === path ? event : { path: lower, context: {} };
}
