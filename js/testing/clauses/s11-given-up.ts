import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";

import { type Scene, TOMBSTONE, atOnce, fails, isDone } from "../scene.js";

/** When a call is given up: at once, after a microtask, after a turn of the event loop. */
const MOMENTS = [() => undefined, () => Promise.resolve(), () => turn()];
const ROUNDS = 5;
const CALLS = 20;

/** A call that is dropped, or comes too late, is done as a whole or not at all. */
export async function callsAreWhole(scene: Scene): Promise<void> {
  await givenUpBefore(scene);
  for (const moment of MOMENTS) {
    for (let round = 0; round < ROUNDS; round += 1) await givenUpMeanwhile(scene, moment);
  }
  await tooLate(scene);
  await scene.record(await scene.begin());
}

async function givenUpBefore(scene: Scene): Promise<void> {
  const { store } = scene;
  const [kept, key] = [await scene.begin(), scene.key()];
  const before = await scene.record(kept);
  const call = { ...scene.call, signal: AbortSignal.abort() };
  await fails(store.create(call, key, scene.fresh()), "ERR_ABORTED", "create that was given up before");
  await fails(store.save(call, kept, 1, scene.change()), "ERR_ABORTED", "save that was given up before");
  await fails(store.delete(call, kept, TOMBSTONE), "ERR_ABORTED", "delete that was given up before");
  await fails(store.load(call, kept), "ERR_ABORTED", "load that was given up before");
  assert.equal(await scene.outcome(key), "absent", "what was given up before it began is not done");
  assert.deepEqual(await scene.record(kept), before, "what was given up before it began changes nothing");
}

async function givenUpMeanwhile(scene: Scene, moment: () => Promise<void> | undefined): Promise<void> {
  const { store } = scene;
  const [key, kept] = [scene.key(), await scene.begin()];
  const control = new AbortController();
  const call = { ...scene.call, signal: control.signal };
  const [record, change] = [scene.fresh(), scene.change({ data: '"changed"' })];
  const calls = Promise.allSettled([store.create(call, key, record), store.save(call, kept, 1, change)]);
  await moment();
  control.abort();
  const [created, saved] = await calls;
  for (const settled of [created, saved]) isCode(settled, "ERR_ABORTED");

  const made = await store.load(scene.call, key);
  if (created.status === "fulfilled") isDone(made.outcome === "found" ? created.value : made);
  if (made.outcome === "found") isWhole(made.record, record, 1);
  else assert.equal(made.outcome, "absent", "a creation that was given up leaves no tombstone");
  const now = await scene.record(kept);
  if (now.version === 1) assert.equal(saved.status, "rejected", "a save that is done is there");
  else isWhole(now, change, 2);
}

/** A deadline so short that a store which waits for anything may miss it. */
async function tooLate(scene: Scene): Promise<void> {
  const call = { ...scene.call, deadline: 1 };
  const calls = await atOnce(CALLS, async () => {
    const [key, record] = [scene.key(), scene.fresh()];
    const [created] = await Promise.allSettled([scene.store.create(call, key, record)]);
    return { key, record, created };
  });
  for (const { key, record, created } of calls) {
    isCode(created, "ERR_STORE_TIMEOUT");
    const loaded = await scene.store.load(scene.call, key);
    if (loaded.outcome === "found") isWhole(loaded.record, record, 1);
    else assert.equal(created.status, "rejected", "a creation that is done is there");
  }
}

function isCode(settled: PromiseSettledResult<unknown>, code: string): void {
  if (settled.status === "fulfilled") return;
  assert.equal((settled.reason as { code?: unknown }).code, code, `a call that was given up fails with ${code}`);
}

function isWhole(
  record: Awaited<ReturnType<Scene["record"]>>,
  written: { data: string; writeToken: string },
  version: number,
): void {
  const { data, writeToken } = record;
  assert.deepEqual(
    { data, writeToken, version: record.version },
    { data: written.data, writeToken: written.writeToken, version },
    "a call that was given up is done as a whole or not at all",
  );
}
