import assert from "node:assert/strict";

import { type Scene, TOMBSTONE, USERS, type User, atOnce } from "../scene.js";

const SESSIONS = 12;
const MINUTE = 60_000;

/** `list`, `count` and `revoke` find every session of the user, and no other. */
export async function usersHaveTheirSessions(scene: Scene): Promise<void> {
  const { store } = scene;
  const { alice } = USERS;
  // The oldest is made last.
  const keys = await atOnce(SESSIONS, (index) => scene.begin({ age: index * MINUTE, label: `${index}` }, alice));
  const others = new Map<User, string[]>();
  for (const user of [USERS.bob, USERS.pattern, USERS.odd]) others.set(user, [await scene.begin({}, user)]);
  await scene.begin();
  const oldest = keys.toReversed();
  await isTheirs(scene, alice, oldest);

  // Every kind of write moves what an index of sessions holds.
  await scene.advance(MINUTE);
  const [moved = "", deleted = "", saved = "", touched = "", ...rest] = oldest;
  const to = scene.key(alice);
  const record = scene.fresh({ userId: alice.id });
  assert.equal((await store.regenerate(scene.call, moved, 1, to, record, TOMBSTONE)).outcome, "done");
  await store.delete(scene.call, deleted, TOMBSTONE);
  await store.save(scene.call, saved, 1, scene.change({ label: "saved" }));
  await store.touch(scene.call, touched);
  await isTheirs(scene, alice, [saved, touched, ...rest, to]);

  await revokes(scene, alice, [saved, touched, ...rest], to);
  for (const [user, theirs] of others) await isTheirs(scene, user, theirs);
  await findsWhatWasMoved(scene);
}

/** An index by the end of sessions has to move with it. */
async function findsWhatWasMoved(scene: Scene): Promise<void> {
  const { store } = scene;
  const user = USERS.bob;
  const begin = () => scene.begin({ lifetime: { maxAge: 60 * MINUTE, idle: 10 * MINUTE } }, user);
  const [touched, saved] = [await begin(), await begin()];
  await scene.advance(6 * MINUTE);
  await store.touch(scene.call, touched);
  await store.save(scene.call, saved, 1, scene.change());
  await scene.advance(6 * MINUTE);
  await store.deleteExpired(scene.call, 1000);
  const listed = new Set((await store.list(scene.call, user.id)).map(({ key }) => key));
  assert.ok(listed.has(touched) && listed.has(saved), "list has sessions whose end was moved by touch and save");
  const options = { tombstone: TOMBSTONE, keep: TOMBSTONE };
  await store.revoke(scene.call, user.id, options);
  assert.deepEqual(
    [await scene.outcome(touched), await scene.outcome(saved)],
    ["ended", "ended"],
    "and revoke finds them",
  );
}

async function isTheirs(scene: Scene, user: User, keys: readonly string[]): Promise<void> {
  const listed = await scene.store.list(scene.call, user.id);
  assert.deepEqual(
    listed.map(({ key }) => key),
    keys,
    "list has every session of the user, the oldest first, and no other",
  );
  assert.equal(await scene.store.count(scene.call, user.id), keys.length, "count is that of the list");
  for (const { key, ...entry } of listed) {
    const { createdAt, lastSeenAt, authenticatedAt, expiresAt, label } = await scene.record(key);
    const shown = { createdAt, lastSeenAt, authenticatedAt, expiresAt, label };
    assert.deepEqual({ ...entry, label: entry.label }, shown, "list shows what load does");
  }
}

async function revokes(scene: Scene, user: User, keys: readonly string[], except: string): Promise<void> {
  const { store } = scene;
  const options = { tombstone: TOMBSTONE, keep: TOMBSTONE };
  assert.equal(await store.revoke(scene.call, user.id, { ...options, except }), keys.length, "revoke counts");
  for (const key of keys) assert.equal(await scene.outcome(key), "ended", "revoke ends every session of the user");
  await isTheirs(scene, user, [except]);
  assert.equal(await store.revoke(scene.call, user.id, options), 1, "revoke without an exception ends that one too");
  await isTheirs(scene, user, []);
  assert.equal(await store.revoke(scene.call, user.id, options), 0, "and then there is none left");
}
