// Several processes, each with a store of its own in one place, that add to one session.

import { join } from "node:path";

import { createSessions } from "ironkeep/sessions";
import { createStore, type StoreConfig } from "ironkeep/store";

import { startScript } from "../store/_processes.ts";
import { folder } from "../store/_stores.ts";
import { PASSWORD } from "./_sessions.ts";

const SCRIPT = join(import.meta.dirname, "children/increments.mjs");

/** What the increments of a process took. */
interface Taken {
  /** How often an update failed: others were first until its deadline, it was late, nobody said what became of it. */
  readonly conflicts: number;
  readonly timeouts: number;
  readonly unknown: number;
  /** How often a function ran again within an update. */
  readonly retries: number;
  readonly ms: number;
  readonly cpuMs: number;
}

export interface Increments {
  /** What the session counts at the end. */
  readonly n: number;
  /** What each process made of it. */
  readonly by: Record<string, number>;
  readonly taken: Taken[];
}

/**
 * Has `processes` processes add one `times` times each. An attempt that failed is made again, unless it was done after all.
 *
 * @param fault `blind`: with stores that take no notice of versions.
 */
export async function increments(
  processes: number,
  times: number,
  fault = "",
  config: StoreConfig = { driver: "sqlite", path: join(folder(), "sessions.db"), synchronous: "normal" },
): Promise<Increments> {
  const sessions = createSessions({
    store: createStore(config),
    password: PASSWORD,
    deadline: 20_000,
  });
  const { id } = await sessions.create({ n: 0, by: {} });
  const taken: Taken[] = [];
  let ready = 0;
  let allReady = () => {};
  const all = new Promise<void>((resolve) => (allReady = resolve));
  const hear = (line: string) => {
    if (line !== "ready") taken.push(JSON.parse(line) as Taken);
    else if (++ready === processes) allReady();
  };
  const running = Array.from({ length: processes }, (_, at) =>
    startScript(SCRIPT, [JSON.stringify(config), PASSWORD, id, `${times}`, `p${at}`, fault], hear),
  );
  const ended = Promise.all(
    running.map(async (each) => {
      const { code, stderr } = await each.ended;
      if (code !== 0) throw new Error(`A process ended with ${code}: ${stderr}`);
    }),
  );
  await Promise.race([all, ended]);
  for (const each of running) each.say("go");
  await ended;
  const session = await sessions.get(id);
  await sessions.close();
  return { ...(session?.data as unknown as Pick<Increments, "n" | "by">), taken };
}

/** One number of all processes together. */
export const sum = (taken: readonly Taken[], what: keyof Taken) => taken.reduce((all, each) => all + each[what], 0);
