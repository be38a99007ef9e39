// Replies of real stores that are lost at random: the write was done and nobody says so, or says so too late, or it is done
// later, when others have written.

import { createSessions } from "ironkeep/sessions";
import type { RecordChange, SessionStore, StoreCall } from "ironkeep/store";
import { describe, expect, it } from "vitest";

import { ALL_DRIVERS, openAny } from "../store/_redis.ts";
import { around, makeSessions, MapStore, PASSWORD, seeded, storeError } from "./_sessions.ts";

const STORES = [...ALL_DRIVERS, "map"] as const;
const ROUNDS = 25;
const AT_ONCE = 6;
const DEADLINE = 100;

/** What becomes of a call. `silent`: it is done, and its reply never comes. */
type Loss = "after" | "before" | "late" | "none" | "silent";

function nextLoss(random: () => number): Loss {
  const dice = random();
  if (dice < 0.1) return "after";
  if (dice < 0.16) return "before";
  if (dice < 0.22) return "late";
  return dice < 0.24 ? "silent" : "none";
}

/** A store that loses replies. `arrive`: what was sent and not done is done now. */
function losing(store: SessionStore, random: () => number) {
  const late: (() => Promise<unknown>)[] = [];
  const arrive = async () => {
    for (const run of late.splice(0)) await run();
  };
  const lossy = around(store, async (_, run) => {
    // Between the calls of others too.
    if (random() < 0.2) await arrive();
    const loss = nextLoss(random);
    if (loss === "none") return run();
    if (loss === "late") late.push(run);
    if (loss === "after" || loss === "silent") await run();
    if (loss === "silent") return new Promise(() => undefined);
    throw storeError(random() < 0.5 ? "ERR_STORE_TIMEOUT" : "ERR_STORE_UNAVAILABLE");
  });
  return { lossy, arrive };
}

/** Losing this much of every second call would leave nothing to count. */
const FEWEST = (ROUNDS * AT_ONCE) / 3;

const CODES: ReadonlySet<unknown> = new Set(["ERR_SESSION_CONFLICT", "ERR_STORE_TIMEOUT", "ERR_STORE_UNAVAILABLE"]);

type Marks = Record<string, number>;

/** An update that leaves a mark of each of its runs: two of them that are both written would be a 2. */
const mark =
  (name: string) =>
  ({ done }: { done?: Marks }) => ({ done: { ...done, [name]: (done?.[name] ?? 0) + 1 } });

async function outcomeOf(driver: (typeof STORES)[number], seed: number, fault = (store: SessionStore) => store) {
  const random = seeded(seed);
  const store = driver === "map" ? new MapStore() : await openAny(driver);
  const { lossy, arrive } = losing(fault(store), random);
  const direct = makeSessions({ store }).sessions;
  const sessions = createSessions<{ done?: Marks }>({ store: lossy, password: PASSWORD, deadline: DEADLINE });
  const { id } = await direct.create({ done: {} });
  const acknowledged: string[] = [];
  const unknown = new Set<string>();
  const codes = new Set<unknown>();
  let updates = 0;
  sessions.on("updated", () => updates++);
  const request = async (name: string): Promise<void> => {
    try {
      await sessions.update(id, mark(name));
      acknowledged.push(name);
    } catch (error) {
      const { code } = error as { code?: unknown };
      codes.add(code);
      if (code === "ERR_STORE_UNAVAILABLE") unknown.add(name);
    }
  };
  for (let round = 0; round < ROUNDS; round++) {
    await Promise.all(Array.from({ length: AT_ONCE }, (_, at) => request(`${round}.${at}`)));
    if (random() < 0.5) await arrive();
  }
  await arrive();
  const marks = (await direct.get(id))?.data["done"] as Marks;
  const wrong = {
    twice: Object.keys(marks).filter((name) => marks[name] !== 1),
    lost: acknowledged.filter((name) => marks[name] === undefined),
    untold: Object.keys(marks).filter((name) => !acknowledged.includes(name) && !unknown.has(name)),
    codes: [...codes].filter((code) => !CODES.has(code)),
  };
  return { wrong, acknowledged, unknown, updates };
}

/** A store that writes over whatever is there. */
function blind(store: SessionStore): SessionStore {
  return around(store, async (method, run, [call, key, , change]) => {
    if (method !== "save") return run();
    const loaded = await store.load(call as StoreCall, key as string);
    if (loaded.outcome !== "found") return run();
    return store.save(call as StoreCall, key as string, loaded.record.version, change as RecordChange);
  });
}

describe.each(STORES)("replies that %s loses at random", (driver) => {
  it.each([1, 2])("apply no update twice, and each is acknowledged at most once (seed %i)", async (seed) => {
    const { wrong, acknowledged, unknown, updates } = await outcomeOf(driver, seed);
    expect(wrong).toEqual({ twice: [], lost: [], untold: [], codes: [] });
    expect(updates).toBe(acknowledged.length);
    expect(acknowledged.length).toBeGreaterThan(FEWEST);
    expect(unknown.size).toBeGreaterThan(0);
  });
});

it.each(STORES)("a %s that takes no notice of versions is found out", async (driver) => {
  const { wrong } = await outcomeOf(driver, 3, blind);
  expect(wrong.lost.length + wrong.twice.length).toBeGreaterThan(0);
});
