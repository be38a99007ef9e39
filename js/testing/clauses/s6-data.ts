import assert from "node:assert/strict";

import { type Scene, fails } from "../scene.js";

const TEXTS = {
  nothing: "",
  JSON: '{"user":{"name":"x"},"__proto__":{"y":1},"z":[1,2.50,-0]}',
  "text that looks like a number": "007",
  "spaces and lines": ' {\r\n\t"a" : 1 }\n ',
  "every character of one byte": String.fromCharCode(...Array.from({ length: 256 }, (_, code) => code)),
  "more than a byte for a character": "ä€\u2028\uFEFF漢字 e\u0301 👩‍👩‍👧",
} as const;

/** Data comes back as it was given, from none to the cap; over it nothing is written. */
export async function dataComesBack(scene: Scene): Promise<void> {
  const { store, dataLimit } = scene;
  const full = "x".repeat(dataLimit);
  for (const [what, data] of [...Object.entries(TEXTS), ["as much as there may be", full] as const]) {
    const created = await scene.begin({ data });
    assert.ok((await scene.record(created)).data === data, `create keeps ${what}`);
    const saved = await scene.begin();
    await store.save(scene.call, saved, 1, scene.change({ data }));
    assert.ok((await scene.record(saved)).data === data, `save keeps ${what}`);
    const to = scene.key();
    await store.regenerate(scene.call, created, 1, to, scene.fresh({ data }), 0);
    assert.ok((await scene.record(to)).data === data, `regenerate keeps ${what}`);
  }

  const wide = "é".repeat(Math.floor(dataLimit / 2) + 1);
  for (const data of [`${full}x`, wide]) await isTooLarge(scene, data);
}

async function isTooLarge(scene: Scene, data: string): Promise<void> {
  const { store } = scene;
  const [key, to] = [scene.key(), scene.key()];
  await fails(store.create(scene.call, key, scene.fresh({ data })), "ERR_SESSION_TOO_LARGE", "create of too much");
  assert.equal(await scene.outcome(key), "absent", "create of too much makes nothing");

  const kept = await scene.begin();
  const before = await scene.record(kept);
  await fails(store.save(scene.call, kept, 1, scene.change({ data })), "ERR_SESSION_TOO_LARGE", "save of too much");
  const moved = store.regenerate(scene.call, kept, 1, to, scene.fresh({ data }), 0);
  await fails(moved, "ERR_SESSION_TOO_LARGE", "regenerate with too much");
  assert.deepEqual(await scene.record(kept), before, "too much leaves the session as it was");
  assert.equal(await scene.outcome(to), "absent", "regenerate with too much makes nothing");
}
