/**
 * The clauses that every session store keeps, as checks for a store of your own, under any test runner:
 *
 * ```ts
 * for (const { clause, title, run } of storeClauses) {
 *   test(`${clause}: ${title}`, async () => void (await run({ create: () => new MyStore() })));
 * }
 * ```
 *
 * @module
 */
import type { SessionStore, StoreClause } from "../store/types.js";
import { createNeverOverwrites } from "./clauses/s1-create.js";
import { usersHaveTheirSessions } from "./clauses/s10-users.js";
import { callsAreWhole } from "./clauses/s11-given-up.js";
import { sweepsAreBounded } from "./clauses/s12-sweep.js";
import { regenerateIsOneStep } from "./clauses/s13-regenerate.js";
import { expiredIsAbsent } from "./clauses/s2-expired.js";
import { saveNeedsTheVersion } from "./clauses/s3-save.js";
import { deleteIsFinal } from "./clauses/s4-delete.js";
import { lifetimesAreDurations } from "./clauses/s5-lifetimes.js";
import { dataComesBack } from "./clauses/s6-data.js";
import { oneCreationWins } from "./clauses/s7-one-creation.js";
import { recordsOutliveTheStore } from "./clauses/s8-reopen.js";
import { closedIsClosed } from "./clauses/s9-close.js";
import type { ClauseResult, StoreClauseCheck, StoreHarness } from "./harness.js";
import { REFUSALS } from "./refusals.js";
import { Scene } from "./scene.js";

export type { ClauseResult, StoreClauseCheck, StoreHarness } from "./harness.js";

type Check = (scene: Scene) => Promise<void>;

const CHECKS: readonly (readonly [StoreClauseCheck["clause"], string, Check])[] = [
  ["S1", "create never overwrites", createNeverOverwrites],
  ["S2", "an expired record is absent, swept or not", expiredIsAbsent],
  ["S3", "save changes only the version that it expects", saveNeedsTheVersion],
  ["S4", "delete is idempotent, wins over a save, and leaves a tombstone", deleteIsFinal],
  ["S5", "lifetimes are durations, and touch stays within them", lifetimesAreDurations],
  ["S6", "data comes back as it was given, up to the cap", dataComesBack],
  ["S7", "of two creations of one key one wins", oneCreationWins],
  ["S8", "records are there after reopening", recordsOutliveTheStore],
  ["S9", "after close every call fails", closedIsClosed],
  ["S10", "list, count and revoke find every session of the user", usersHaveTheirSessions],
  ["S11", "a call that is given up is done as a whole or not at all", callsAreWhole],
  ["S12", "deleteExpired is bounded, and counts", sweepsAreBounded],
  ["S13", "regenerate is one step; caps and revocations hold", regenerateIsOneStep],
];

/** The clauses of docs/custom-stores.md, S1 to S13. Each runs on a store of its own, in any order, also beside others. */
export const storeClauses: readonly StoreClauseCheck[] = CHECKS.map(([clause, title, check]) => ({
  clause,
  title,
  run: (harness) => run(clause, check, harness),
}));

async function run(clause: string, check: Check, harness: StoreHarness): Promise<ClauseResult> {
  if (clause === "S8" && harness.reopen === undefined) return "not persistent";
  const scene = await Scene.open(harness);
  const cannot = cannotKeep(scene.store, clause);
  try {
    await (cannot === undefined ? check : REFUSALS[cannot])(scene);
  } catch (error) {
    // What is broken may be close itself; the first error says more.
    await scene.store.close().catch(() => undefined);
    throw error;
  }
  await scene.store.close();
  return cannot === undefined ? "kept" : "cannot";
}

function cannotKeep({ cannot = [] }: SessionStore, clause: string): StoreClause | undefined {
  return cannot.find((given) => given === clause);
}
