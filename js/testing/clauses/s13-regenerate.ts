import assert from "node:assert/strict";

import type { SessionCap } from "../../store/types.js";
import { type Scene, TOMBSTONE, USERS, type User, atOnce, isDone } from "../scene.js";

const MOVES = 8;
const MAX = 3;
const { alice, bob, pattern } = USERS;

/** `regenerate` never leaves two live sessions or none; caps and revocations hold. */
export async function regenerateIsOneStep(scene: Scene): Promise<void> {
  await moves(scene);
  await leavesTheOldOne(scene);
  await oneMoveWins(scene);
  await capsHold(scene);
  if (!scene.cannot("S10")) await revocationsHold(scene);
}

async function moves(scene: Scene): Promise<void> {
  const { store } = scene;
  const [from, to] = [await scene.begin(), scene.key(pattern)];
  const record = scene.fresh({ userId: pattern.id, data: '"moved"', age: 3000 });
  const moved = await store.regenerate(scene.call, from, 1, to, record, TOMBSTONE);
  assert.ok(moved.outcome === "done", "regenerate of the version that is there is done");
  assert.deepEqual(moved.evicted, [], "without a cap nothing is evicted");
  assert.equal(await scene.outcome(from), "ended", "the old session has ended, with a tombstone");
  const { data, version, writeToken, userId, expiresAt } = await scene.record(to);
  assert.deepEqual(
    { data, version, writeToken, userId, expiresAt },
    { data: record.data, version: 1, writeToken: record.writeToken, userId: pattern.id, expiresAt: moved.expiresAt },
    "the new session is as it was given",
  );
}

async function leavesTheOldOne(scene: Scene): Promise<void> {
  const { store } = scene;
  const [from, taken, ended] = [await scene.begin(), await scene.begin(), await scene.begin()];
  isDone(await store.regenerate(scene.call, ended, 1, scene.key(), scene.fresh(), TOMBSTONE));
  const [old, holder] = [await scene.record(from), await scene.record(taken)];
  const move = (expected: number, to: string) =>
    store.regenerate(scene.call, from, expected, to, scene.fresh(), TOMBSTONE);

  const free = scene.key();
  assert.deepEqual(await move(2, free), { outcome: "conflict", record: old }, "another version is a conflict");
  assert.equal(await scene.outcome(free), "absent", "a conflict makes no session");
  const exists = { outcome: "exists", writeToken: holder.writeToken };
  assert.deepEqual(await move(1, taken), exists, "a key that is taken is not overwritten");
  assert.deepEqual(await scene.record(taken), holder, "and whose it is keeps it");
  assert.equal((await move(1, ended)).outcome, "ended", "a key with a tombstone stays ended");
  assert.deepEqual(await scene.record(from), old, "when regenerate fails, the old session is as it was");

  const none = await store.regenerate(scene.call, scene.key(), 1, free, scene.fresh(), TOMBSTONE);
  assert.equal(none.outcome, "not-found", "regenerate without a session");
  assert.equal(await scene.outcome(free), "absent", "regenerate without a session makes none");
}

async function oneMoveWins(scene: Scene): Promise<void> {
  const from = await scene.begin();
  const moved = await atOnce(MOVES, async () => {
    const to = scene.key();
    const { outcome } = await scene.store.regenerate(scene.call, from, 1, to, scene.fresh(), TOMBSTONE);
    return { to, outcome };
  });
  assert.equal(moved.filter(({ outcome }) => outcome === "done").length, 1, "of several regenerates one is done");
  const live = await liveOf(scene, [from, ...moved.map(({ to }) => to)]);
  const winner = moved.find(({ outcome }) => outcome === "done");
  assert.deepEqual(live, [winner?.to], "and it is the only session that lives");
}

async function capsHold(scene: Scene): Promise<void> {
  const refuse = { max: MAX, onFull: "refuse" } as const;
  const full = await manyOf(scene, alice, refuse);
  assert.equal(full.filter(({ outcome }) => outcome === "full").length, MOVES - MAX, "a full user gets no session");
  const evict = { max: MAX, onFull: "evict-oldest", tombstone: TOMBSTONE } as const;
  const evicting = await manyOf(scene, bob, evict);
  const gone = evicting.flatMap(({ evicted }) => evicted);
  assert.equal(gone.length, MOVES - MAX, "the oldest make room");
  for (const key of gone) assert.equal(await scene.outcome(key), "ended", "and leave tombstones");

  const [keep = "", ...others] = await liveOf(scene, keysOf(full));
  const [refused, to, inside] = [await scene.begin(), scene.key(alice), scene.key(alice)];
  const before = await scene.record(refused);
  const record = (cap: SessionCap) => scene.fresh({ userId: alice.id, cap });
  const move = (from: string, key: string) =>
    scene.store.regenerate(scene.call, from, 1, key, record(refuse), TOMBSTONE);
  assert.equal((await move(refused, to)).outcome, "full", "regenerate for a full user");
  assert.deepEqual(await scene.record(refused), before, "leaves the old session");
  isDone(await move(keep, inside));

  const newest = scene.key(alice);
  const made = await scene.store.create(scene.call, newest, record(evict));
  assert.ok(made.outcome === "done" && made.evicted.length === 1, "one makes room");
  assert.notEqual(made.evicted[0], newest, "and not the new one");
  assert.equal((await liveOf(scene, [inside, newest, ...others])).length, MAX, "a cap is exact");
}

/** As many sessions of a user at once, of whom the cap takes some. */
async function manyOf(scene: Scene, user: User, cap: SessionCap) {
  const made = await atOnce(MOVES, async () => {
    const key = scene.key(user);
    const created = await scene.store.create(scene.call, key, scene.fresh({ userId: user.id, cap }));
    return { key, outcome: created.outcome, evicted: created.outcome === "done" ? created.evicted : [] };
  });
  const live = await liveOf(scene, keysOf(made));
  assert.equal(live.length, MAX, "a cap holds exactly, however many come at once");
  return made;
}

async function revocationsHold(scene: Scene): Promise<void> {
  const { store } = scene;
  const user = USERS.odd;
  const from = await scene.begin();
  await store.revoke(scene.call, user.id, { tombstone: TOMBSTONE, keep: 10 * TOMBSTONE });
  await scene.advance(1000);
  const before = await scene.record(from);
  const [one, other] = [scene.key(user), scene.key(user)];
  const late = scene.fresh({ userId: user.id, authenticated: 2000 });
  assert.equal((await store.create(scene.call, one, late)).outcome, "revoked", "create with an older proof");
  const moved = await store.regenerate(scene.call, from, 1, other, late, TOMBSTONE);
  assert.equal(moved.outcome, "revoked", "regenerate with an older proof");
  assert.deepEqual(await liveOf(scene, [one, other]), [], "make no session");
  assert.deepEqual(await scene.record(from), before, "and end none");
  isDone(await store.create(scene.call, one, scene.fresh({ userId: user.id, authenticated: 500 })));
  isDone(await store.create(scene.call, other, scene.fresh({ userId: user.id })));
}

function keysOf(made: readonly { key: string }[]): string[] {
  return made.map(({ key }) => key);
}

async function liveOf(scene: Scene, keys: readonly string[]): Promise<string[]> {
  const loaded = await scene.store.loadMany(scene.call, [...keys]);
  return keys.filter((_, index) => loaded[index]?.outcome === "found");
}
