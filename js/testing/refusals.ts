import type { StoreClause } from "../store/types.js";
import { type Scene, TOMBSTONE, USERS, fails } from "./scene.js";

/**
 * What a store refuses that says it cannot keep a clause: what it would otherwise answer wrongly. The engine refuses the options
 * that come to this before it asks the store. Of S1 and S3 there is nothing that a store could refuse.
 */
export const REFUSALS: Readonly<Record<StoreClause, (scene: Scene) => Promise<void>>> = {
  S1: async () => undefined,
  S3: async () => undefined,
  /** Imports need that one creation wins. */
  async S7(scene) {
    const { store } = scene;
    await fails(store.beginImport(scene.call, scene.importKey(), "AAA", TOMBSTONE), "ERR_CONFIG", "beginImport");
    const record = scene.fresh({ import: scene.importKey() });
    await fails(store.create(scene.call, scene.key(), record), "ERR_CONFIG", "create for an import");
  },
  async S10(scene) {
    const { store } = scene;
    await scene.begin({}, USERS.alice);
    await fails(store.list(scene.call, USERS.alice.id), "ERR_CONFIG", "list");
    await fails(store.count(scene.call, USERS.alice.id), "ERR_CONFIG", "count");
    const revocation = { tombstone: TOMBSTONE, keep: TOMBSTONE };
    await fails(store.revoke(scene.call, USERS.alice.id, revocation), "ERR_CONFIG", "revoke");
  },
  async S13(scene) {
    const { store } = scene;
    const [from, to] = [await scene.begin(), scene.key(USERS.alice)];
    const record = scene.fresh({ userId: USERS.alice.id, cap: { max: 1, onFull: "refuse" } });
    await fails(store.create(scene.call, to, record), "ERR_CONFIG", "create with a cap");
    const moved = store.regenerate(scene.call, from, 1, to, record, TOMBSTONE);
    await fails(moved, "ERR_CONFIG", "regenerate with a cap");
    await scene.record(from);
  },
};
