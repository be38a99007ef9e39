import assert from "node:assert/strict";

import { type Scene, TOMBSTONE, USERS } from "../scene.js";

/** A persistent store has its records after it was closed and opened again. */
export async function recordsOutliveTheStore(scene: Scene): Promise<void> {
  const { harness } = scene;
  assert.ok(harness.reopen !== undefined);
  const created = await scene.begin({ label: "laptop", age: 1000 }, USERS.alice);
  const saved = await scene.begin();
  await scene.store.save(scene.call, saved, 1, scene.change());
  const deleted = await scene.begin();
  await scene.store.delete(scene.call, deleted, TOMBSTONE);
  const before = [await scene.record(created), await scene.record(saved)];
  const end = await scene.outcome(deleted);

  await scene.store.close();
  scene.store = await harness.reopen(scene.store);
  const after = [await scene.record(created), await scene.record(saved)];
  assert.deepEqual(after, before, "what was acknowledged is there");
  assert.equal(await scene.outcome(deleted), end, "tombstones are there too");
  const again = await scene.store.save(scene.call, saved, 2, scene.change());
  assert.equal(again.outcome, "done", "and the sessions go on");
  if (scene.cannot("S10")) return;
  const listed = await scene.store.list(scene.call, USERS.alice.id);
  assert.deepEqual(
    listed.map(({ key }) => key),
    [created],
    "users have their sessions",
  );
}
