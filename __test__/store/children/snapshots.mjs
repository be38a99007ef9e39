// snapshots.mjs PATH INTERVAL [stay]: makes a store with snapshots and a session in it, says its key, and closes nothing. `stay`:
// for each line that it is told it makes a session more. As a worker's script it takes the same.

import { randomBytes } from "node:crypto";

import { createStore } from "ironkeep/store";

const [snapshot, interval, stay] = process.argv.slice(2);
const store = createStore({ driver: "memory", snapshot, snapshotInterval: Number(interval) });

async function create() {
  const key = randomBytes(34).toString("base64url");
  const writeToken = randomBytes(16).toString("base64url");
  await store.create({ now: Date.now() }, key, { data: "{}", writeToken, age: 0, lifetime: { maxAge: 3_600_000 } });
  console.log(key);
}

await create();
if (stay) process.stdin.on("data", create);
