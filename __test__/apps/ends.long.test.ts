import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

import { removePacked } from "../_pack.ts";
import { PASSWORD } from "../h3/_passwords.ts";
import { sqlite } from "../store/_processes.ts";
import { type BuiltApp, build } from "./_build.ts";
import { type Server, serve } from "./_server.ts";
import { type Visitor, visitor } from "./_visitor.ts";
import type { Seen } from "./fixtures/shared/sessions.ts";

const VISITORS = 16;
/** Answers that all of them together have when the server is told to end. */
const ANSWERS = 200;
/** By which either Nitro leaves signals to Node, which ends the process at once. */
const DEAF = { CI: "1", NITRO_SHUTDOWN_DISABLED: "1" };

type Environment = Readonly<Record<string, string>>;

interface Flood {
  readonly people: Visitor[];
  /** The count of visits in the last answer that each of them got. */
  readonly answered: number[];
  /** The server's exit code. */
  readonly code: number | null;
}

afterAll(removePacked);

describe.each([
  ["nitropack-2", "", {}],
  ["nitro-3", "", {}],
  ["nitro-3", " of which the app switched the hooks off", { APP_WITHOUT_HOOKS: "1" }],
])("a server of %s%s", (fixture, _title, variant) => {
  let built: BuiltApp;
  let folder: string;
  let path: string;

  beforeAll(async () => {
    built = await build(fixture, variant);
  }, 240_000);

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "ironkeep-ends-"));
    path = join(folder, "sessions.db");
    return () => rmSync(folder, { recursive: true, force: true });
  });

  afterAll(() => {
    if (built) rmSync(built.output, { recursive: true, force: true });
  });

  const start = (env: Environment = {}): Promise<Server> =>
    serve(built.output, { NITRO_SESSION_PASSWORD: PASSWORD, NITRO_SESSION_STORE_PATH: path, ...env });

  async function signedIn({ origin }: Server, user: string): Promise<Visitor> {
    const somebody = visitor(origin);
    expect((await somebody.get(`/kept/sign-in?user=${user}`)).status).toBe(200);
    return somebody;
  }

  async function visitsOf(server: Server, { jar }: Visitor): Promise<number> {
    const headers = { cookie: jar.header("/") ?? "" };
    const response = await fetch(`${server.origin}/kept/visits`, { headers });
    const { data } = (await response.json()) as Seen;
    // This one is counted too.
    return (data.visits ?? 0) - 1;
  }

  it.each(["SIGTERM", "SIGINT"] as const)("that gets %s closes its store, and ends with 0", async (signal) => {
    const server = await start();
    await signedIn(server, "ada");
    expect(existsSync(`${path}-wal`)).toBe(true);
    expect(await server.end(signal)).toBe(0);
    // SQLite takes it away when the last connection is closed, and a process that ends at once leaves it.
    expect(existsSync(`${path}-wal`)).toBe(false);
    expect(await sqlite(path, "PRAGMA integrity_check")).toEqual(["ok"]);
  });

  /** Lets visitors come one after the other's answer, until the server answers no more; ends it meanwhile. */
  async function floodUntil(signal: NodeJS.Signals, env: Environment): Promise<Flood> {
    const server = await start(env);
    const people = await Promise.all(Array.from({ length: VISITORS }, (_, index) => signedIn(server, `user-${index}`)));
    const answered = people.map(() => 0);
    const statuses = new Set<number>();
    let end: Promise<number | null> | undefined;
    let total = 0;
    const visit = async (somebody: Visitor, index: number): Promise<void> => {
      for (;;) {
        const reply = await somebody.get("/kept/visits").catch(() => undefined);
        if (reply === undefined) return;
        statuses.add(reply.status);
        answered[index] = reply.json<Seen>().data.visits ?? 0;
        total += 1;
        if (total >= ANSWERS) end ??= server.end(signal);
      }
    };
    await Promise.all(people.map(visit));
    expect([...statuses]).toEqual([200]);
    return { people, answered, code: (await end) ?? null };
  }

  it.each([
    ["told to end", "SIGTERM", 0, {}],
    ["told to end, and does not listen,", "SIGTERM", null, DEAF],
    ["killed", "SIGKILL", null, {}],
  ] as const)("that is %s while it is busy loses nothing that it has answered", async (_how, signal, code, env) => {
    const flood = await floodUntil(signal, env);
    expect(flood.code).toBe(code);
    expect(await sqlite(path, "PRAGMA integrity_check")).toEqual(["ok"]);
    const next = await start();
    try {
      const found = await Promise.all(flood.people.map((somebody) => visitsOf(next, somebody)));
      // A visit may have been counted whose answer never came.
      const unanswered = found.map((visits, index) => visits - (flood.answered[index] ?? 0));
      expect(unanswered.filter((visits) => visits !== 0 && visits !== 1)).toEqual([]);
      expect(found.reduce((sum, visits) => sum + visits, 0)).toBeGreaterThanOrEqual(ANSWERS);
    } finally {
      await next.end();
    }
  });
});
