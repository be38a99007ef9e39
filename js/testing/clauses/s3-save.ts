import assert from "node:assert/strict";

import { type Scene, atOnce } from "../scene.js";

const WRITERS = 8;

/** `save` changes only the version that it expects, and never creates. */
export async function saveNeedsTheVersion(scene: Scene): Promise<void> {
  const { store } = scene;
  const key = await scene.begin({ label: "laptop" });
  const first = scene.change({ data: '"first"' });
  const saved = await store.save(scene.call, key, 1, first);
  assert.ok(saved.outcome === "done", "save of the version that is there is done");
  const record = await scene.record(key);
  const { data, writeToken } = first;
  assert.deepEqual(
    [record.data, record.writeToken, record.version, saved.version, record.label, record.expiresAt],
    [data, writeToken, 2, 2, "laptop", saved.expiresAt],
    "what was saved is there: data, token, the next version, the label as before",
  );

  for (const stale of [1, 3]) {
    const refused = await store.save(scene.call, key, stale, scene.change({ data: '"lost"', label: "lost" }));
    assert.deepEqual(refused, { outcome: "conflict", record }, "another version is a conflict, with what is there");
    assert.deepEqual(await scene.record(key), record, "a conflict changes nothing");
  }
  await store.save(scene.call, key, 2, scene.change({ label: "phone" }));
  assert.equal((await scene.record(key)).label, "phone", "a label that is given takes the place of the old one");

  const unknown = scene.key();
  const none = await store.save(scene.call, unknown, 1, scene.change());
  assert.equal(none.outcome, "not-found", "save without a session");
  assert.equal(await scene.outcome(unknown), "absent", "save never creates");
  await oneWriterWins(scene);
}

async function oneWriterWins(scene: Scene): Promise<void> {
  const key = await scene.begin();
  const saves = await atOnce(WRITERS, async (index) => {
    const change = scene.change({ data: JSON.stringify(index) });
    return { change, saved: await scene.store.save(scene.call, key, 1, change) };
  });
  const winners = saves.filter(({ saved }) => saved.outcome === "done");
  assert.equal(winners.length, 1, "of several saves of one version one is done");
  const record = await scene.record(key);
  assert.deepEqual([record.data, record.version], [winners[0]?.change.data, 2], "and it is the one that is there");
}
