import assert from "node:assert/strict";

import { type Scene, TOMBSTONE, atOnce, isDone } from "../scene.js";

const ROUNDS = 5;
const CREATIONS = 8;
const KEEP = 3_600_000;

/** Of several creations of one key one wins, and a sealed session is imported once. */
export async function oneCreationWins(scene: Scene): Promise<void> {
  for (let round = 0; round < ROUNDS; round += 1) {
    const key = scene.key();
    const creations = await atOnce(CREATIONS, async (index) => {
      const record = scene.fresh({ data: JSON.stringify(index) });
      return { record, created: await scene.store.create(scene.call, key, record) };
    });
    const winners = creations.filter(({ created }) => created.outcome === "done");
    assert.equal(winners.length, 1, "of several creations of one key one is done");
    const others = creations.filter(({ created }) => created.outcome === "exists");
    assert.equal(others.length, CREATIONS - 1, "and the others are told that it exists");
    const { data, writeToken } = await scene.record(key);
    const won = winners[0]?.record;
    assert.deepEqual([data, writeToken], [won?.data, won?.writeToken], "and the winner's is the one that is there");
  }
  await importsOnce(scene);
  await endsBeforeItBegins(scene);
}

async function importsOnce(scene: Scene): Promise<void> {
  const { store } = scene;
  const name = scene.importKey();
  const begun = await atOnce(CREATIONS, (index) => store.beginImport(scene.call, name, tag(index), KEEP));
  const [state] = begun;
  assert.ok(state?.outcome === "open", "an import that nobody began is open");
  for (const other of begun) assert.deepEqual(other, state, "all who begin an import get one tag");

  const [first, second] = Buffer.from(state.tag, "base64url");
  const owner = { tag: [first ?? 0, second ?? 0] } as const;
  const [key, again, astray] = [scene.key(owner), scene.key(owner), scene.key({ tag: [9, 9] })];
  const stray = await store.create(scene.call, astray, scene.fresh({ import: name }));
  assert.equal(stray.outcome, "ended", "an import makes no record under a key with another tag");
  isDone(await store.create(scene.call, key, scene.fresh({ import: name })));
  const done = { outcome: "done", tag: state.tag };
  assert.deepEqual(await store.beginImport(scene.call, name, tag(9), KEEP), done, "an import is done with its record");
  const twice = await store.create(scene.call, again, scene.fresh({ import: name }));
  assert.equal(twice.outcome, "ended", "an import that is done makes no other record");
  const taken = await store.create(scene.call, key, scene.fresh({ import: name }));
  assert.equal(taken.outcome, "exists", "and whose record is there is told so");
  await store.delete(scene.call, key, TOMBSTONE);
  await scene.advance(2 * TOMBSTONE);
  const late = await store.create(scene.call, key, scene.fresh({ import: name }));
  assert.equal(late.outcome, "ended", "an import outlives the tombstone of its record");
}

async function endsBeforeItBegins(scene: Scene): Promise<void> {
  const { store } = scene;
  for (const isBegun of [false, true]) {
    const name = scene.importKey();
    const owner = { tag: [0, 1] } as const;
    if (isBegun) await store.beginImport(scene.call, name, tag(1), KEEP);
    await store.endImport(scene.call, name, KEEP);
    const state = await store.beginImport(scene.call, name, tag(2), KEEP);
    assert.equal(state.outcome, "done", "an import that was ended is not begun again");
    const created = await store.create(scene.call, scene.key(owner), scene.fresh({ import: name }));
    assert.equal(created.outcome, "ended", "and makes no record");
  }
}

/** Two bytes in base64url. */
function tag(index: number): string {
  return Buffer.from([0, index]).toString("base64url");
}
