import assert from "node:assert/strict";

import { LIFETIME, type Scene, USERS } from "../scene.js";

const SHORT = 10_000;

/** An expired record is absent, though nothing has swept it. */
export async function expiredIsAbsent(scene: Scene): Promise<void> {
  const { store } = scene;
  const absolute = await scene.begin({ lifetime: { maxAge: SHORT } }, USERS.alice);
  const idle = await scene.begin({ lifetime: { ...LIFETIME, idle: SHORT } }, USERS.alice);
  const live = await scene.begin({}, USERS.alice);
  await scene.advance(SHORT);

  for (const [key, end] of [
    [absolute, "maxAge"],
    [idle, "idle"],
  ] as const) {
    assert.equal(await scene.outcome(key), "absent", `load, after ${end}`);
    const saved = await store.save(scene.call, key, 1, scene.change());
    assert.equal(saved.outcome, "not-found", `save, after ${end}`);
    assert.equal(await store.touch(scene.call, key), null, `touch, after ${end}`);
    const to = scene.key(USERS.alice);
    const moved = await store.regenerate(scene.call, key, 1, to, scene.fresh({ userId: USERS.alice.id }), 0);
    assert.equal(moved.outcome, "not-found", `regenerate, after ${end}`);
    assert.equal(await scene.outcome(to), "absent", "regenerate of an expired session makes none");
    assert.equal(await scene.outcome(key), "absent", "no call brings an expired session back");
  }
  const outcomes = (await store.loadMany(scene.call, [absolute, live, idle])).map(({ outcome }) => outcome);
  assert.deepEqual(outcomes, ["absent", "found", "absent"], "loadMany");
  if (scene.cannot("S10")) return;
  const listed = await store.list(scene.call, USERS.alice.id);
  assert.deepEqual(
    listed.map(({ key }) => key),
    [live],
    "list",
  );
  assert.equal(await store.count(scene.call, USERS.alice.id), 1, "count");
}
