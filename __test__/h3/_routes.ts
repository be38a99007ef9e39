import type { SessionConfig } from "ironkeep/h3";
import { clearSession, getSession, useSession } from "ironkeep/h3";
import type { MatrixContext } from "./_matrix.ts";

export type Data = Record<string, unknown>;

/** What the routes below answer: a session as the app sees it. */
export interface Seen {
  id?: string;
  data: Data;
}

export interface SessionRoutes {
  /** What `/set` will pass to `update`. */
  update: Data;
}

/** `/use`, `/get`, `/set` and `/clear`: one call of the package for each. */
export function sessionRoutes(t: MatrixContext, config: SessionConfig): SessionRoutes {
  const routes: SessionRoutes = { update: {} };
  t.route("/use", async (event) => seen(await useSession(event, config)));
  t.route("/get", async (event) => seen(await getSession(event, config)));
  t.route("/set", async (event) => {
    const session = await useSession(event, config);
    return seen(await session.update(routes.update));
  });
  t.route("/clear", async (event) => {
    await clearSession(event, config);
    return { data: {} };
  });
  return routes;
}

export function seen(session: { readonly id?: string | undefined; readonly data: Data }): Seen {
  return session.id === undefined ? { data: { ...session.data } } : { id: session.id, data: { ...session.data } };
}
