import type { SessionConfig } from "ironkeep/h3";
import { getSession, updateSession, useSession } from "ironkeep/h3";

import type { Reply } from "../h3/_http.ts";
import type { Handler, MatrixContext } from "../h3/_matrix.ts";
import { seen } from "../h3/_routes.ts";

export const READS = ["/use", "/lazy", "/get", "/update"] as const;

/** A route for each helper that reads the session. Gives the codes of what they threw. */
export function readingRoutes(t: MatrixContext, config: SessionConfig): unknown[] {
  const codes: unknown[] = [];
  const watched =
    (handler: Handler): Handler =>
    async (event) => {
      try {
        return await handler(event);
      } catch (error) {
        codes.push((error as { code?: unknown }).code);
        throw error;
      }
    };
  const handlers: Record<(typeof READS)[number], Handler> = {
    "/use": async (event) => seen(await useSession(event, config)),
    "/lazy": async (event) => seen(await useSession(event, { ...config, lazy: true })),
    "/get": async (event) => seen(await getSession(event, config)),
    "/update": async (event) => seen(await updateSession(event, config, { written: true })),
  };
  for (const path of READS) t.route(path, watched(handlers[path]));
  return codes;
}

/** What a visitor gets while the keys cannot be read, as far as it matters. */
export function inShort({ status, headers, setCookies }: Reply): object {
  return { status, retryAfter: headers.get("retry-after"), setCookies };
}

export const UNAVAILABLE = { status: 503, retryAfter: "1", setCookies: [] };
