// left-open.mjs OPTIONS: makes a call whose promise nobody waits for, says when it is fulfilled, and closes nothing.

import { randomBytes } from "node:crypto";

import { createStore } from "ironkeep/store";

const store = createStore(JSON.parse(process.argv[2]));
const key = randomBytes(34).toString("base64url");
const writeToken = randomBytes(16).toString("base64url");
const record = { data: "{}", writeToken, age: 0, lifetime: { maxAge: 60_000 } };
void store.create({ now: Date.now() }, key, record).then(async ({ outcome }) => {
  console.log(outcome);
  await store.load({ now: Date.now() }, key);
  console.log("and loaded");
});
