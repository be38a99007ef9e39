import { flashSession, type SessionConfig, useSession } from "ironkeep/h3";
import type { SessionStore } from "ironkeep/store";
import type { Browser, MatrixContext } from "../h3/_matrix.ts";
import { faulty, MapStore, PASSWORD } from "./_stores.ts";

/** What the routes answer. */
export interface Seen {
  readonly id?: string;
  readonly userId?: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A store, a configuration that uses it, and routes: one for each thing that a handler does with a session. */
export function setup(t: MatrixContext, more: Partial<SessionConfig> = {}, backing: SessionStore = new MapStore()) {
  const store = faulty(backing);
  const config: SessionConfig = { password: PASSWORD, store, ...more };
  t.route("/read", async (event) => {
    const { id, data, userId } = await useSession(event, config);
    return { id, data, userId };
  });
  t.route("/visit", async (event) => {
    const session = await useSession(event, config);
    await session.update((data) => ({ visits: Number(data["visits"] ?? 0) + 1 }));
    return { id: session.id, data: session.data };
  });
  t.route("/sign-in", async (event) => {
    const session = await useSession(event, config);
    await session.regenerate({ userId: "ada", label: "laptop" });
    return { id: session.id, userId: session.userId, data: session.data };
  });
  t.route("/sign-out", async (event) => {
    const session = await useSession(event, config);
    await session.clear();
    return { id: session.id ?? null };
  });
  t.route("/flash", async (event) => {
    await flashSession(event, config, "note", "saved");
    return "kept";
  });
  t.route("/flashed", async (event) => ({ note: (await flashSession(event, config, "note")) ?? null }));
  return { store, config };
}

/** A browser whose session has one visit. */
export async function visitor(t: MatrixContext): Promise<Browser & { id: string }> {
  const browser = t.browser();
  const { id = "" } = (await browser.request("/visit")).json<Seen>();
  return { ...browser, id };
}

/** What a browser's next request reads. */
export async function read(browser: Pick<Browser, "request">): Promise<Seen> {
  return (await browser.request("/read")).json<Seen>();
}
