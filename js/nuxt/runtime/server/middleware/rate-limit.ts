import { limitRoute } from "ironkeep/nuxt/server";

import { defineEventHandler, getRouteRules } from "#imports";

import type { RouteRule } from "../../../route-limits.js";

/** Counts the requests of routes that have a limit in `routeRules`. */
export default defineEventHandler((event) => {
  const { ironkeep } = getRouteRules(event) as { ironkeep?: RouteRule };
  // What renders pages while the app is built is no visitor.
  if (ironkeep?.rateLimit === undefined || import.meta.prerender) return undefined;
  return limitRoute(event, ironkeep.rateLimit, import.meta.dev);
});
