import { randomFillSync } from "node:crypto";

import { createStore } from "ironkeep/store";

/** Far over what any call takes: the bench measures how long that is. */
const DEADLINE_MS = 60_000;
const LIFETIME = { maxAge: 7 * 86_400_000, idle: 86_400_000 };
/** How long the place of a destroyed session stays taken, as sessions have it. */
const TOMBSTONE_MS = 60_000;
/** How many creates are under way while a store is filled. */
const FILLING = 256;
const TOKEN_BYTES = 16;

const random = Buffer.alloc(256 * TOKEN_BYTES);
let used = random.length;

/** A write token: each set has one, and many are drawn at once. */
function writeToken() {
  if (used === random.length) {
    randomFillSync(random);
    used = 0;
  }
  return random.toString("base64url", used, (used += TOKEN_BYTES));
}

/**
 * Ironkeep's store through its own calls, in the form of the peers: sessions as objects, JSON included.
 *
 * The version that a set names is known from the get before it; here it is kept beside the store, outside of V8's heap.
 *
 * @param config that of `createStore`.
 * @param most the number of sessions that have an index.
 */
export function ironkeepStore(config, { most }) {
  const store = createStore({ ...config, deadline: DEADLINE_MS });
  const versions = new Uint32Array(most).fill(0);
  const call = () => ({ now: Date.now() });
  async function create(index, key, session) {
    const record = { data: JSON.stringify(session), writeToken: writeToken(), age: 0, lifetime: LIFETIME };
    const { outcome } = await store.create(call(), key, record);
    if (outcome !== "done") throw new Error(`A session was not created: ${outcome}`);
    versions[index] = 1;
  }
  return {
    async get(index, key) {
      const loaded = await store.load(call(), key);
      if (loaded.outcome !== "found") return undefined;
      versions[index] = loaded.record.version;
      return JSON.parse(loaded.record.data);
    },
    async set(index, key, session) {
      const change = { data: JSON.stringify(session), writeToken: writeToken() };
      const saved = await store.save(call(), key, versions[index], change);
      if (saved.outcome !== "done") throw new Error(`A session was not saved: ${saved.outcome}`);
      versions[index] = saved.version;
    },
    touch: async (_index, key) => (await store.touch(call(), key)) !== null,
    destroy: (_index, key) => store.delete(call(), key, TOMBSTONE_MS),
    async fill(count, at) {
      let next = 0;
      const lane = async () => {
        for (let index = next++; index < count; index = next++) await create(index, ...at(index));
      };
      await Promise.all(Array.from({ length: FILLING }, lane));
    },
    close: () => store.close(),
  };
}
