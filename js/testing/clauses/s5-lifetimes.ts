import assert from "node:assert/strict";

import { LIFETIME, type Scene, USERS } from "../scene.js";

const IDLE = 600_000;
const STEP = 400_000;

/** Lifetimes are stamped by the store's clock, and `touch` moves the idle time alone. */
export async function lifetimesAreDurations(scene: Scene): Promise<void> {
  const { store } = scene;
  const lifetime = { ...LIFETIME, idle: IDLE };
  const key = await scene.begin({ lifetime, age: 7000, authenticated: 5000 }, USERS.alice);
  const begun = await scene.record(key);
  assert.deepEqual(
    spans(begun),
    { age: 7000, authenticated: 5000, toEnd: IDLE, toAbsolute: LIFETIME.maxAge, idle: IDLE },
    "create counts everything from one instant",
  );
  const signedIn = await scene.record(await scene.begin({}, USERS.alice));
  assert.equal(signedIn.authenticatedAt, signedIn.lastSeenAt, "a user without a time proved who they are now");
  const plain = await scene.record(await scene.begin());
  assert.equal(plain.expiresAt, plain.absoluteExpiresAt, "without an idle time only maxAge ends a session");

  await scene.advance(STEP);
  const end = await store.touch(scene.call, key);
  const seen = await scene.record(key);
  assert.ok(seen.lastSeenAt >= begun.lastSeenAt + STEP, "touch sets lastSeenAt");
  assert.equal(seen.expiresAt, seen.lastSeenAt + IDLE, "touch begins the idle time again");
  assert.equal(end, seen.expiresAt, "touch gives the session's end");
  assert.deepEqual(unseen(seen), unseen(begun), "touch changes nothing else, and not the version");

  await store.touch({ ...scene.call, now: scene.call.now - STEP }, key);
  assert.ok((await scene.record(key)).lastSeenAt >= seen.lastSeenAt, "touch never lowers lastSeenAt");
  await endsInTime(scene, key, begun.absoluteExpiresAt);
  await savesBeginAgain(scene);

  const unknown = scene.key();
  assert.equal(await store.touch(scene.call, unknown), null, "touch without a session");
  assert.equal(await scene.outcome(unknown), "absent", "touch never creates");
}

async function endsInTime(scene: Scene, key: string, absolute: number): Promise<void> {
  let end: number | null = 0;
  for (let spent = 2 * STEP; spent < LIFETIME.maxAge; spent += STEP) {
    await scene.advance(STEP);
    end = await scene.store.touch(scene.call, key);
    assert.ok(end !== null && end <= absolute, "touch never passes the absolute end");
  }
  assert.equal(end, absolute, "touch goes as far as the absolute end");
}

async function savesBeginAgain(scene: Scene): Promise<void> {
  const key = await scene.begin({ lifetime: { ...LIFETIME, idle: IDLE } });
  const begun = await scene.record(key);
  await scene.advance(STEP);
  await scene.store.save(scene.call, key, 1, scene.change());
  const saved = await scene.record(key);
  assert.equal(saved.expiresAt, saved.lastSeenAt + IDLE, "save begins the idle time again");
  assert.ok(saved.lastSeenAt >= begun.lastSeenAt + STEP, "save sets lastSeenAt");
  assert.equal(saved.absoluteExpiresAt, begun.absoluteExpiresAt, "save without a lifetime leaves the absolute end");

  await scene.store.save(scene.call, key, 2, scene.change({ lifetime: { maxAge: 5 * IDLE, idle: 2 * IDLE } }));
  const { age: _age, ...extended } = spans(await scene.record(key));
  assert.deepEqual(
    extended,
    { authenticated: undefined, toEnd: 2 * IDLE, toAbsolute: 5 * IDLE, idle: 2 * IDLE },
    "save with a lifetime counts it from now",
  );
}

function spans(record: Awaited<ReturnType<Scene["record"]>>) {
  const { lastSeenAt: seen, authenticatedAt } = record;
  return {
    age: seen - record.createdAt,
    authenticated: authenticatedAt === undefined ? undefined : seen - authenticatedAt,
    toEnd: record.expiresAt - seen,
    toAbsolute: record.absoluteExpiresAt - seen,
    idle: record.idle,
  };
}

function unseen({ lastSeenAt: _seen, expiresAt: _end, ...rest }: Awaited<ReturnType<Scene["record"]>>) {
  return rest;
}
