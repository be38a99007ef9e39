// busy.mjs PATH: writes sessions without end, and says when the first is written.

import { randomBytes } from "node:crypto";

import { createStore } from "ironkeep/store";

const AT_ONCE = 4;
const store = createStore({ driver: "sqlite", path: process.argv[2], synchronous: "normal", deadline: 60_000 });
const data = "x".repeat(500);

async function lane() {
  for (let written = 0; ; written++) {
    const writeToken = randomBytes(16).toString("base64url");
    const record = { data, writeToken, age: 0, lifetime: { maxAge: 3_600_000 } };
    await store.create({ now: Date.now() }, randomBytes(34).toString("base64url"), record);
    if (written === 0) process.stdout.write("writing\n");
  }
}

await Promise.all(Array.from({ length: AT_ONCE }, lane));
