import assert from "node:assert/strict";

import type { Scene } from "../scene.js";

/** `create` never overwrites. What has a tombstone stays as it is too: S4 has that. */
export async function createNeverOverwrites(scene: Scene): Promise<void> {
  const { store } = scene;
  const key = await scene.begin({ data: '"first"', label: "first" });
  await refuses(scene, key);

  const change = scene.change({ data: '"changed"' });
  assert.equal((await store.save(scene.call, key, 1, change)).outcome, "done");
  await refuses(scene, key);
  await store.touch(scene.call, key);
  await refuses(scene, key);
}

async function refuses(scene: Scene, key: string): Promise<void> {
  const before = await scene.record(key);
  const created = await scene.store.create(scene.call, key, scene.fresh({ data: '"second"', label: "second" }));
  assert.deepEqual(
    created,
    { outcome: "exists", writeToken: before.writeToken },
    "create on a key that is taken says so, and who wrote it last",
  );
  assert.deepEqual(await scene.record(key), before, "create leaves a session that is there as it is");
}
