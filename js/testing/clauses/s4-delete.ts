import assert from "node:assert/strict";

import { type Scene, TOMBSTONE } from "../scene.js";

const ROUNDS = 10;

/** `delete` is idempotent, wins over a concurrent `save`, and leaves a tombstone. */
export async function deleteIsFinal(scene: Scene): Promise<void> {
  const { store } = scene;
  const [deleted, unknown, one, other] = [await scene.begin(), scene.key(), await scene.begin(), await scene.begin()];
  assert.equal(await store.delete(scene.call, deleted, TOMBSTONE), true, "delete says that there was a session");
  assert.equal(await store.delete(scene.call, deleted, 1000), false, "and that there is none the second time");
  assert.equal(await store.delete(scene.call, unknown, TOMBSTONE), false, "and that there never was one");
  const count = await store.deleteMany(scene.call, [one, scene.key(), other], TOMBSTONE);
  assert.equal(count, 2, "deleteMany says how many there were");
  await store.deleteExpired(scene.call, 1000);
  for (const key of [deleted, unknown, one, other]) await hasEnded(scene, key);

  for (let round = 0; round < ROUNDS; round += 1) {
    const key = await scene.begin();
    const remove = () => store.delete(scene.call, key, TOMBSTONE);
    const write = () => store.save(scene.call, key, 1, scene.change());
    const see = () => store.touch(scene.call, key);
    await Promise.all(round % 2 === 0 ? [write(), remove(), see()] : [see(), remove(), write()]);
    assert.equal(await scene.outcome(key), "ended", "a delete wins over a save at the same time");
  }

  await scene.advance(TOMBSTONE / 2);
  assert.equal(await scene.outcome(deleted), "ended", "a later tombstone does not shorten an earlier one");
  await scene.advance(2 * TOMBSTONE);
  assert.equal(await scene.outcome(deleted), "absent", "a tombstone passes");
}

async function hasEnded(scene: Scene, key: string): Promise<void> {
  const { store } = scene;
  assert.equal(await scene.outcome(key), "ended", "load of a deleted session, known or not");
  const [loaded] = await store.loadMany(scene.call, [key]);
  assert.equal(loaded?.outcome, "ended", "loadMany of a deleted session");
  assert.equal((await store.save(scene.call, key, 1, scene.change())).outcome, "not-found", "save after delete");
  assert.equal(await store.touch(scene.call, key), null, "touch after delete");
  assert.equal((await store.create(scene.call, key, scene.fresh())).outcome, "ended", "create after delete");
  assert.equal(await scene.outcome(key), "ended", "no write takes the place of a tombstone");
}
