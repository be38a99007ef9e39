// Makes every export panic, and every place that works for one off the JavaScript thread, and tells what came of it.

import { defaults, seal, unseal } from "ironkeep/iron";
import { createStore } from "ironkeep/store";
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";

import { CANARIES } from "../canary/spellings.mjs";
import { binding, CALLS, exportsOf, newSealer, newToken, NOW } from "./calls.mjs";

const DAY_MS = 86_400_000;
/** How long a salt of the next day may take to appear: some derivations. */
const NEXT_DAY_WITHIN_MS = 20_000;
/** More than may run at once, so that a place in the queue that is not given back would be missed. */
const TIMES = availableParallelism() + 1;
/**
 * A call may find the thread of the one before not quite at its end, and then starts none. There is no telling when it is at
 * its end, so such a call is made again a moment later.
 */
const MAX_TRIES = 500;
/** A derivation of these takes longer than it takes to make some calls. */
const SLOW_ITERATIONS = 100_000;
/** What a panic says: secrets, which must be seen nowhere. */
const MESSAGE = `a defect near ${CANARIES.password} and ${CANARIES.data}`;

let injected = 0;
function inject(point) {
  injected++;
  binding.injectPanic(point, MESSAGE);
}

/** `value`, or the code of the error with all that it shows. */
async function outcomeOf(call) {
  try {
    await call();
    return { ended: "value", shown: [] };
  } catch (error) {
    const isError = error instanceof Error && error.message !== "";
    const shown = [String(error.message), String(error.stack), inspect(error, { showHidden: true, depth: 10 })];
    return { ended: isError ? String(error.code) : `no error: ${typeof error}`, shown };
  }
}

async function oneExport(name) {
  const call = CALLS[name] ?? (() => Promise.reject(new Error(`calls.mjs has no call of ${name}`)));
  const before = await outcomeOf(call);
  inject(name);
  const failed = await outcomeOf(call);
  const after = await outcomeOf(call);
  return { name, ended: [before.ended, failed.ended, after.ended], shown: failed.shown };
}

/** What works for `deriveForUnseal` and `deriveForSeal`, in the order in which a call passes it. */
const OFF_THREAD = ["start", "spawn", "worker", "derivation", "waiter", "future", "convert"];

async function offThread(point, makeCall) {
  const ended = [];
  const shown = [];
  for (let time = 0; time < TIMES; time++) {
    inject(point);
    let [call, failed] = [makeCall(), { ended: "value", shown: [] }];
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      failed = await outcomeOf(call);
      if (failed.ended !== "value") break;
      await new Promise((resolve) => setTimeout(resolve, 1));
      call = makeCall();
    }
    const after = await outcomeOf(call);
    ended.push([failed.ended, after.ended]);
    shown.push(...failed.shown);
  }
  return { name: point, ended, shown };
}

function unsealing() {
  const [sealer, token] = [newSealer(), newToken()];
  return async () => {
    await sealer.deriveForUnseal(token, NOW);
    if (sealer.tryUnseal(token, NOW) === null) throw new Error("the keys are not there");
  };
}

function sealing() {
  const sealer = newSealer();
  return async () => {
    await sealer.deriveForSeal(NOW);
    if (sealer.trySeal("{}", NOW) === null) throw new Error("the keys are not there");
  };
}

/** The load of a session that is not there. */
function storing(store) {
  return async () => {
    const { outcome } = await store.load({ now: NOW }, Buffer.alloc(34).toString("base64url"));
    if (outcome !== "absent") throw new Error(outcome);
  };
}

/** A panic in one call of a submission, and the others of it. */
async function besideOthers(store) {
  inject("store");
  const ended = await Promise.all(Array.from({ length: 8 }, () => outcomeOf(storing(store))));
  return ended.map((each) => each.ended).toSorted();
}

async function stores() {
  const folder = mkdtempSync(join(tmpdir(), "ironkeep-panics-"));
  const offThreads = [];
  const beside = [];
  for (const config of [{ driver: "memory" }, { driver: "sqlite", path: join(folder, "sessions.db") }]) {
    const store = createStore({ ...config, deadline: 20_000 });
    const points = ["store", "Store.submit", ...(config.driver === "sqlite" ? ["start", "tasks"] : [])];
    for (const point of points) offThreads.push(await offThread(point, () => storing(store)));
    beside.push(await besideOthers(store));
    await store.close();
  }
  rmSync(folder, { recursive: true });
  return { offThreads, beside };
}

/** A machine that is too busy to derive in time says so; what the test asks is not answered then. */
const TRIES = 20;

/** Calls that wait for one derivation, and calls that wait behind it. */
async function together(point) {
  let outcome = await togetherOnce(point);
  for (let tries = 1; tries < TRIES && outcome.ended.includes("ERR_BUSY"); tries++) outcome = await togetherOnce(point);
  return outcome;
}

async function togetherOnce(point) {
  const sealer = newSealer(SLOW_ITERATIONS);
  await sealer.deriveForUnseal(newToken(sealer), NOW);
  const [token, other] = [newToken(sealer), newToken(sealer)];
  inject(point);
  const calls = [token, token, token, other].map((each) => outcomeOf(() => sealer.deriveForUnseal(each, NOW)));
  const ended = await Promise.all(calls);
  const again = await outcomeOf(() => sealer.deriveForUnseal(token, NOW));
  return { point, ended: [...ended, again].map((each) => each.ended) };
}

const saltsOf = (token) => token.split("*").filter((_, index) => index === 2 || index === 6);

/** A pair of salts is prepared by a seal that does not wait for it, and there is nobody to hear that it failed. */
async function nextDay(point) {
  const sealer = newSealer();
  await sealer.deriveForSeal(NOW);
  const today = saltsOf(sealer.trySeal("{}", NOW));
  inject(point);
  const late = Date.now() + NEXT_DAY_WITHIN_MS;
  while (Date.now() < late) {
    const salts = saltsOf(sealer.trySeal("{}", NOW + DAY_MS));
    if (salts.every((salt) => !today.includes(salt))) return { point, changed: true };
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { point, changed: false };
}

/** The same as an app sees it. */
async function asAnAppSeesIt() {
  const both = (half) => ({ ...half, iterations: 8192 });
  const options = { ...defaults, encryption: both(defaults.encryption), integrity: both(defaults.integrity) };
  const ended = [];
  for (const point of ["derivation", "Sealer.trySeal"]) {
    inject(point);
    ended.push(await outcomeOf(() => seal({ user: "ann" }, CANARIES.previous, options)));
  }
  const token = await seal({ user: "ann" }, CANARIES.previous, options);
  inject("Sealer.tryUnseal");
  ended.push(await outcomeOf(() => unseal(token, CANARIES.previous, options)));
  const { user } = await unseal(token, CANARIES.previous, options);
  return { ended: ended.map((each) => each.ended), shown: ended.flatMap((each) => each.shown), user };
}

export async function table() {
  const offThreads = [];
  // First, since the runtime starts once.
  for (const point of OFF_THREAD) offThreads.push(await offThread(point, unsealing));
  for (const point of OFF_THREAD) offThreads.push(await offThread(point, sealing));
  const names = [...new Set([...exportsOf(binding), ...Object.keys(CALLS)])];
  const exported = [];
  for (const name of names) exported.push(await oneExport(name));
  const joined = [];
  for (const point of ["worker", "derivation", "waiter"]) joined.push(await together(point));
  const days = [];
  for (const point of ["worker", "derivation", "waiter"]) days.push(await nextDay(point));
  const stored = await stores();
  offThreads.push(...stored.offThreads);
  return { exported, offThreads, joined, days, beside: stored.beside, app: await asAnAppSeesIt(), injected };
}
