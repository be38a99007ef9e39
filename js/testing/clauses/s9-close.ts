import assert from "node:assert/strict";

import type { SessionStore } from "../../store/types.js";
import { type Scene, TOMBSTONE, USERS, fails } from "../scene.js";

/** After `close` every call fails, and `close` may be called again. */
export async function closedIsClosed(scene: Scene): Promise<void> {
  const { store } = scene;
  const key = await scene.begin({}, USERS.alice);
  await store.close();
  await closes(store);
  const user = USERS.alice.id;
  const record = () => scene.fresh({ userId: user });
  const calls = {
    create: store.create(scene.call, scene.key(USERS.alice), record()),
    load: store.load(scene.call, key),
    save: store.save(scene.call, key, 1, scene.change()),
    touch: store.touch(scene.call, key),
    delete: store.delete(scene.call, key, TOMBSTONE),
    regenerate: store.regenerate(scene.call, key, 1, scene.key(USERS.alice), record(), TOMBSTONE),
    list: store.list(scene.call, user),
    count: store.count(scene.call, user),
    revoke: store.revoke(scene.call, user, { tombstone: TOMBSTONE, keep: TOMBSTONE }),
    beginImport: store.beginImport(scene.call, scene.importKey(), "AAA", TOMBSTONE),
    endImport: store.endImport(scene.call, scene.importKey(), TOMBSTONE),
    deleteExpired: store.deleteExpired(scene.call, 10),
    loadMany: store.loadMany(scene.call, [key]),
    deleteMany: store.deleteMany(scene.call, [key], TOMBSTONE),
  };
  await Promise.all(
    Object.entries(calls).map(([name, call]) => fails(call, "ERR_STORE_CLOSED", `${name} after close`)),
  );
  await closes(store);
}

async function closes(store: SessionStore): Promise<void> {
  await store.close().catch(() => assert.fail("close may be called again"));
}
