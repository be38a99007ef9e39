// A thread that seals, opens and stores without end: at its own end, derivations and store calls of its are under way.

import { useSession } from "ironkeep/h3";
import { defaults, seal, unseal } from "ironkeep/iron";
import { createStore } from "ironkeep/store";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { parentPort, workerData } from "node:worker_threads";

const { password, foreign, folder } = workerData;

function optionsOf(iterations) {
  return {
    ...defaults,
    encryption: { ...defaults.encryption, iterations },
    integrity: { ...defaults.integrity, iterations },
  };
}

/** The queue of derivations is the process's: that it is full is part of the test. */
function unlessBusy(error) {
  if (error.code !== "ERR_BUSY") throw error;
}

async function roundTrips(iterations) {
  const options = optionsOf(iterations);
  for (;;) {
    await seal({ user: "ann" }, password, options)
      .then((token) => unseal(token, password, options))
      .catch(unlessBusy);
    // A call that settles at once gives the thread no turn in which it could be told to end.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Cookies of others' salts, as a first visit has. */
async function firstVisits() {
  for (;;) {
    for (const token of foreign) {
      // An event of v2's form: to load h3 takes longer than most of these threads live.
      const event = { req: { headers: new Headers({ cookie: `h3=${token}` }) }, context: {} };
      await useSession(event, { password }).catch(unlessBusy);
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Calls of stores, in memory and of a file that all threads have: some are under way at any moment. */
async function storeCalls(config) {
  const store = createStore({ ...config, deadline: 60_000 });
  const record = { data: "{}", writeToken: "A".repeat(22), age: 0, lifetime: { maxAge: 60_000 } };
  for (;;) {
    const keys = Array.from({ length: 8 }, () => `${randomBytes(34).toString("base64url")}`);
    const call = { now: Date.now() };
    await Promise.all(keys.map((key) => store.create(call, key, record)));
    const loaded = await store.loadMany(call, keys);
    if (loaded.some(({ outcome }) => outcome !== "found")) throw new Error("a session is not there");
    await Promise.all(keys.map((key) => store.delete(call, key, 1000)));
    await new Promise((resolve) => setImmediate(resolve));
  }
}

void Promise.race([
  storeCalls({ driver: "memory" }),
  storeCalls({ driver: "sqlite", path: join(folder, "sessions.db"), synchronous: "normal" }),
  roundTrips(1),
  roundTrips(8192),
  firstVisits(),
]);
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
parentPort.postMessage("started");
