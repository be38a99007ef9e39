// A thread that seals and opens without end: at its own end, derivations of its are under way.

import { useSession } from "ironkeep/h3";
import { defaults, seal, unseal } from "ironkeep/iron";
import { parentPort, workerData } from "node:worker_threads";

const { password, foreign } = workerData;

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

void Promise.race([roundTrips(1), roundTrips(8192), firstVisits()]);
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
parentPort.postMessage("started");
