import assert from "node:assert/strict";

import type { Scene } from "../scene.js";

const EXPIRED = 5;
const SHORT = 10_000;

/** `deleteExpired` removes at most as many as it is told, and says how many. */
export async function sweepsAreBounded(scene: Scene): Promise<void> {
  const { store, harness } = scene;
  for (let index = 0; index < EXPIRED; index += 1) await scene.begin({ lifetime: { maxAge: SHORT } });
  const live = [await scene.begin(), await scene.begin({ lifetime: { maxAge: 3 * SHORT } })];
  assert.equal(await store.deleteExpired(scene.call, 100), 0, "nothing that has not expired is removed");
  await scene.advance(2 * SHORT);

  const counts: number[] = [];
  for (let round = 0; round < 4; round += 1) counts.push(await store.deleteExpired(scene.call, 2));
  // A backend may have removed some itself, as time passed for it.
  if (harness.advance === undefined) assert.deepEqual(counts, [2, 2, 1, 0], "deleteExpired counts, up to its limit");
  else assert.ok(Math.max(...counts) <= 2 && sum(counts) <= EXPIRED, "deleteExpired counts, up to its limit");
  for (const key of live) assert.equal(await scene.outcome(key), "found", "what has not expired stays");
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
