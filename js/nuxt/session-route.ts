import { fileURLToPath } from "node:url";

import type { NitroConfig } from "./_nuxt.js";
import { SESSION_ROUTE } from "./runtime/route.js";

/** What answers where the browser asks for its session. */
export const sessionHandlers = ["get", "delete"].map((method) => ({
  route: SESSION_ROUTE,
  method,
  handler: fileURLToPath(new URL(`runtime/server/api/session.${method}`, import.meta.url)),
}));

/**
 * Whatever rule the app has for all of `/api`: a cached answer would sign everybody out, or show somebody to others. A rule for more
 * paths is merged into this one key by key, so each has to be named.
 */
export function neverCache(config: NitroConfig): void {
  const own = config.routeRules?.[SESSION_ROUTE] as { headers?: object } | undefined;
  // For the networks of platforms, which are given these; the server sets them itself.
  const headers = { ...own?.headers, "cache-control": "no-store" };
  const rule = { ...own, headers, cache: false, swr: false, isr: false };
  config.routeRules = { ...config.routeRules, [SESSION_ROUTE]: rule };
}

/** Keeps a rule that sends all of `/api` to another server from sending the session there. */
export function keepFromOthers(routeRules: Readonly<Record<string, object>>): void {
  const rule = routeRules[SESSION_ROUTE];
  if (rule) Object.assign(rule, { proxy: false, redirect: false });
}
