// A call of every export of the addon, by its name. Each can be made any number of times.

import { createRequire } from "node:module";

import { CANARIES } from "../canary/spellings.mjs";
import { EXTRAS, halves, passwordForm, withCalls } from "../sealer-options.mjs";
import { written } from "../store-calls.mjs";

export const binding = createRequire(import.meta.url)("../../../index.cjs");
const { RateLimiter, RemoteRateLimiter, Ring, Sealer, Store } = binding;
const { password } = CANARIES;
/** What the second generation has: enough to be derived off the JavaScript thread. */
const ITERATIONS = 8192;
const PAYLOAD = JSON.stringify({ note: CANARIES.data });
export const NOW = 1_795_000_000_000;

const PASSWORD = passwordForm(password);
const OPTIONS = { ...EXTRAS, alsoOpens: [] };

let names = 0;
/** A sealer of a name of its own, whose salts nobody has asked for. */
export function newSealer(iterations = ITERATIONS) {
  names++;
  return withCalls(new Sealer(PASSWORD, { ...OPTIONS, ...halves(iterations), name: `session ${names}` }));
}

const sealer = newSealer();

/** A token whose keys have to be derived. */
export function newToken(by = sealer) {
  return by.sealSync(PAYLOAD, NOW);
}

const token = newToken();
const ID = binding.newSessionId("");

const newRing = () => new Ring([{ id: "k1", secret: password, sealFrom: 0 }]);
const ring = newRing();

export const STORE_OPTIONS = {
  driver: "memory",
  maxData: 65_536,
  maxBytes: 2 ** 24,
  maxEntries: 1000,
  whenFull: "evict",
  now: NOW,
};
const store = withCalls(new Store(STORE_OPTIONS));
/** The load of a session that is not there, as js/store/calls.ts writes it. */
const LOAD = written(1, 0, NOW, 1000, 0, Buffer.alloc(34).toString("base64url"));

const LIMITER_OPTIONS = { limits: [{ name: "a", quota: "1000000/1s" }], maxKeys: 1000, maxBytes: 96_000 };
const limiter = withCalls(new RateLimiter(LIMITER_OPTIONS));
// It is asked for nothing that has it connect.
const REMOTE_OPTIONS = {
  ...LIMITER_OPTIONS,
  store: { url: "redis://127.0.0.1:1", prefix: "test:", deadline: 1000 },
  onStoreError: "local",
  leaseSize: 10,
};
const remote = withCalls(new RemoteRateLimiter(REMOTE_OPTIONS));
/** What the receipt of a decision is, behind its flags and two numbers. */
const receiptOf = (answer) => answer.slice(13);

export const CALLS = {
  Sealer: () => newSealer(),
  "Sealer.guessable": () => sealer.guessable,
  "Sealer.checkSealing": () => sealer.checkSealing(),
  "Sealer.calls": () => sealer.calls(),
  "Sealer.trySeal": () => sealer.trySeal(PAYLOAD, NOW),
  "Sealer.tryUnseal": () => sealer.tryUnseal(token, NOW),
  "Sealer.deriveForSeal": () => sealer.deriveForSeal(NOW),
  "Sealer.deriveForUnseal": () => sealer.deriveForUnseal(token, NOW),
  "Sealer.csrfToken": () => sealer.csrfToken("id", NOW),
  "Sealer.verifyCsrfToken": () => sealer.verifyCsrfToken("id", sealer.csrfToken("id", NOW)),
  "Sealer.sessionCookie": () => sealer.sessionCookie(ID, NOW),
  "Sealer.openSessionCookie": () => sealer.openSessionCookie(sealer.sessionCookie(ID, NOW), NOW),
  "Sealer.sealSync": () => sealer.sealSync(PAYLOAD, NOW),
  "Sealer.unsealSync": () => sealer.unsealSync(token, NOW),
  Ring: () => newRing(),
  "Ring.replace": () => ring.replace([{ id: "k1", secret: password, sealFrom: 0 }]),
  "Ring.info": () => ring.info(NOW),
  "Ring.createSealer": () => ring.createSealer({ ...OPTIONS, ...halves(ITERATIONS) }),
  "Ring.close": () => newRing().close(),
  Store: () => new Store(STORE_OPTIONS),
  "Store.calls": () => store.calls(),
  "Store.submit": () => store.submit(...LOAD, () => {}),
  "Store.take": () => store.take(),
  "Store.cancel": () => store.cancel(0),
  "Store.snapshot": () => store.snapshot(),
  "Store.status": () => store.status(),
  "Store.warning": () => store.warning(),
  RateLimiter: () => new RateLimiter(LIMITER_OPTIONS),
  "RateLimiter.limits": () => limiter.limits(),
  "RateLimiter.calls": () => limiter.calls(),
  "RateLimiter.consume": () => limiter.consume(0, "key", 1, NOW),
  "RateLimiter.consumeAll": () => limiter.consumeAll([0], ["key"], [1], NOW),
  "RateLimiter.peek": () => limiter.peek(0, "key", 1, NOW),
  "RateLimiter.refund": () => limiter.refund(receiptOf(limiter.consume(0, "key", 1, NOW)), NOW),
  "RateLimiter.consumeSlate": () => limiter.consumeSlate(),
  "RateLimiter.refundSlate": () => limiter.refundSlate(),
  "RateLimiter.reset": () => limiter.reset(0, "key", NOW),
  "RateLimiter.penalize": () => limiter.penalize(0, "another key", 1, NOW),
  "RateLimiter.counts": () => limiter.counts(0),
  RemoteRateLimiter: () => new RemoteRateLimiter(REMOTE_OPTIONS),
  "RemoteRateLimiter.limits": () => remote.limits(),
  "RemoteRateLimiter.calls": () => remote.calls(),
  "RemoteRateLimiter.tryConsume": () => remote.tryConsume(0, "key", 1, NOW),
  "RemoteRateLimiter.submit": () => remote.submit(Float64Array.of(1), "", () => {}),
  "RemoteRateLimiter.take": () => remote.take(),
  "RemoteRateLimiter.counts": () => remote.counts(0),
  "RemoteRateLimiter.trouble": () => remote.trouble(),
  errorCodes: () => binding.errorCodes(),
  nativeVersion: () => binding.nativeVersion(),
  randomKey: () => binding.randomKey(),
  newSessionId: () => binding.newSessionId(""),
  sessionTag: () => binding.sessionTag("user"),
  storeKey: () => binding.storeKey(ID),
  writeToken: () => binding.writeToken(),
  importKey: () => binding.importKey("h3", "", "id", NOW),
  importedSessionId: () => binding.importedSessionId("AAA", binding.importKey("h3", "", "id", NOW)),
  injectPanic: () => binding.injectPanic("no point", ""),
};

/** Everything that JavaScript can call on the addon. */
export function exportsOf(addon) {
  return Object.entries(addon)
    .filter(([, value]) => typeof value === "function")
    .flatMap(([name, value]) => {
      const members = Object.getOwnPropertyNames(value.prototype ?? {}).filter((member) => member !== "constructor");
      return [name, ...members.map((member) => `${name}.${member}`)];
    });
}
