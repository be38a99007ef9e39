import * as v1 from "h3-v1";
import * as v2 from "h3-v2";
import * as rc2 from "h3-v2-rc2";
import type { SessionConfig } from "ironkeep/h3";
import { updateSession, useSession } from "ironkeep/h3";
import type { Fetch } from "./_http.ts";
import { PASSWORD } from "./_passwords.ts";
import type { Data } from "./_routes.ts";
import type { Generation } from "./_seals.ts";

/** An app with two routes, `/write` and `/read`, on one package's own `useSession`. */
export interface SessionApp {
  readonly title: string;
  /** What it writes. */
  readonly generation: Generation;
  /** What it can read. */
  readonly reads: readonly Generation[];
  readonly fetch: Fetch;
}

/** What every `/write` stores. */
export const WRITTEN: Data = { user: { name: "Zoë" }, visits: 3 };

const password = PASSWORD;

interface Answer {
  id: string | undefined;
  data: unknown;
}

function v1App(write: (e: v1.H3Event) => Promise<Answer>, read: (e: v1.H3Event) => Promise<Answer>): Fetch {
  const app = v1.createApp();
  const router = v1.createRouter();
  router.get("/write", v1.eventHandler(write));
  router.get("/read", v1.eventHandler(read));
  return v1.toWebHandler(app.use(router));
}

function v2App(write: (e: v2.H3Event) => Promise<Answer>, read: (e: v2.H3Event) => Promise<Answer>): Fetch {
  return new v2.H3().get("/write", write).get("/read", read).fetch;
}

function rc2App(write: (e: rc2.H3Event) => Promise<Answer>, read: (e: rc2.H3Event) => Promise<Answer>): Fetch {
  return new rc2.H3().get("/write", write).get("/read", read).fetch;
}

const answer = ({ id, data }: { readonly id: string | undefined; readonly data: unknown }): Answer => ({ id, data });

export const PEERS: readonly SessionApp[] = [
  {
    title: "h3 1.15's own useSession",
    generation: 1,
    reads: [1],
    fetch: v1App(
      async (event) => answer(await v1.updateSession(event, { password }, WRITTEN)),
      async (event) => answer(await v1.useSession(event, { password })),
    ),
  },
  {
    title: "h3 2.0.8's own useSession",
    generation: 2,
    reads: [1, 2],
    fetch: v2App(
      async (event) => answer(await v2.updateSession(event, { password }, WRITTEN)),
      async (event) => answer(await v2.useSession(event, { password })),
    ),
  },
  {
    title: "h3 2.0.1-rc.2's own useSession",
    generation: 1,
    reads: [1],
    fetch: rc2App(
      async (event) => answer(await rc2.updateSession(event, { password }, WRITTEN)),
      async (event) => answer(await rc2.useSession(event, { password })),
    ),
  },
];

type AnyEvent = v1.H3Event | v2.H3Event | rc2.H3Event;

function ours(title: string, on: "v1" | "v2" | "rc2", generation: Generation, config: SessionConfig): SessionApp {
  const write = async (event: AnyEvent): Promise<Answer> => answer(await updateSession(event, config, WRITTEN));
  const read = async (event: AnyEvent): Promise<Answer> => answer(await useSession(event, config));
  const fetch = { v1: v1App, v2: v2App, rc2: rc2App }[on](write, read);
  return { title, generation, reads: [1, 2], fetch };
}

export const OURS: readonly SessionApp[] = [
  ours("ironkeep on h3 v1", "v1", 1, { password }),
  ours("ironkeep on h3 v1 with generation 2", "v1", 2, { password, generation: 2 }),
  ours("ironkeep on h3 v2", "v2", 2, { password }),
  ours("ironkeep on h3 v2 with generation 1", "v2", 1, { password, generation: 1 }),
  ours("ironkeep on h3 2.0.1-rc.2", "rc2", 2, { password }),
  ours("ironkeep on h3 v2 with fresh salts", "v2", 2, { password, salts: "fresh" }),
];
