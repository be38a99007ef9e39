// Any argument to the limiters of the addon, on any object.

import * as binding from "../../../index.cjs";

import { withCalls } from "../sealer-options.mjs";
import { written } from "../store-calls.mjs";
import { attempt, report } from "./table.mjs";
import { VALUES } from "./values.mjs";

const { RateLimiter, RemoteRateLimiter } = binding;
const NOW = 1;
const LIMIT = { name: "a", quota: "10/1s" };
const PARTS = { name: "a", limit: 5, window: "1m", burst: 7 };
const OPTIONS = { limits: [LIMIT], maxKeys: 100, maxBytes: 9600 };
const STORE = { url: "redis://127.0.0.1:1", prefix: "test:", deadline: 1000 };
const REMOTE = { ...OPTIONS, store: STORE, onStoreError: "local", leaseSize: 5 };

/** Makes a call whose errors have to be the addon's own: napi's quote the argument. */
function attemptOurs(name, call) {
  return attempt(name, async () => {
    try {
      return await call();
    } catch (error) {
      const isOfNapi = error?.code !== undefined && !String(error.code).startsWith("ERR_");
      return Promise.reject(isOfNapi ? `${error.code}: ${error.message}` : error);
    }
  });
}

const limiter = withCalls(new RateLimiter(OPTIONS));
const remote = withCalls(new RemoteRateLimiter(REMOTE));
// What is answered is taken, or the process would wait for it.
const wake = () => remote.take();
const receipt = limiter.consume(0, "key", 1, NOW).slice(13);

/** Arguments that are right, of which one at a time is replaced. */
const CALLS = {
  consume: [limiter, [0, "key", 1, NOW]],
  consumeAll: [limiter, [[0], ["key"], [1], NOW]],
  peek: [limiter, [0, "key", 1, NOW]],
  refund: [limiter, [receipt, NOW]],
  reset: [limiter, [0, "key", NOW]],
  penalize: [limiter, [0, "key", 1, NOW]],
  counts: [limiter, [0]],
  limits: [limiter, []],
  tryConsume: [remote, [0, "key", 1, NOW]],
  submit: [remote, [Float64Array.of(1), "", wake]],
  take: [remote, []],
  trouble: [remote, []],
};
/** The head of a call, and the values of each that stays in the process where they are odd. */
const callOf = (operation, values) => [operation, 0, NOW, 1000, 0, values.length, ...values];
const VALUES_OF = { 0: [0, "key", 1], 1: [0, "key", 1], 2: [""], 3: [0, "key"], 4: [0, "key", undefined, "1m"] };
const LENGTHS = [0, 1, 2, 2 ** 32 - 1, 2 ** 32, -1, 0.5];

for (const [value, make] of Object.entries(VALUES)) {
  await attemptOurs(`new RateLimiter(${value})`, () => new RateLimiter(make()));
  await attemptOurs(`new RemoteRateLimiter(${value})`, () => new RemoteRateLimiter(make()));
  for (const [Limiter, options] of [
    [RateLimiter, { ...OPTIONS, shared: "a name" }],
    [RemoteRateLimiter, REMOTE],
  ]) {
    for (const key of Object.keys(options)) {
      await attemptOurs(`new ${Limiter.name}(${key}: ${value})`, () => new Limiter({ ...options, [key]: make() }));
    }
    await attemptOurs(`new ${Limiter.name}([${value}])`, () => new Limiter({ ...options, limits: [make()] }));
    for (const limit of [LIMIT, PARTS]) {
      for (const key of Object.keys(limit)) {
        const limits = [{ ...limit, [key]: make() }];
        await attemptOurs(`new ${Limiter.name}(limits[0].${key}: ${value})`, () => new Limiter({ ...options, limits }));
      }
    }
  }
  for (const key of [...Object.keys(STORE), "cluster", "sentinel", "username", "password", "database"]) {
    const store = { ...STORE, [key]: make() };
    await attemptOurs(
      `new RemoteRateLimiter(store.${key}: ${value})`,
      () => new RemoteRateLimiter({ ...REMOTE, store }),
    );
  }
  for (const [name, [object, args]] of Object.entries(CALLS)) {
    for (const at of args.keys()) {
      await attemptOurs(`${name}(${at}: ${value})`, () => object[name](...args.with(at, make())));
    }
    await attempt(`${name} on ${value}`, () => object[name].call(make(), ...args));
  }
  await attemptOurs(`consumeAll([${value}])`, () => limiter.consumeAll([make()], [make()], [make()], NOW));
  await attemptOurs(`refund(receipt and ${value})`, () => limiter.refund(`${receipt}${String(make())}`, NOW));
  for (const [operation, values] of Object.entries(VALUES_OF)) {
    for (const at of values.keys()) {
      // What is wrong in one place is in another too, so that no call reaches Redis.
      const odd = values.with(at, make()).with(0, make());
      await attemptOurs(`submit(${operation}, ${at}: ${value})`, () =>
        remote.submit(...written(...callOf(Number(operation), odd)), wake),
      );
    }
  }
}
for (const length of LENGTHS) {
  const call = [3, 0, NOW, 1000, 0, length];
  await attemptOurs(`submit(length ${length})`, () => remote.submit(...written(...call), wake));
  await attemptOurs(`submit(${length} numbers)`, () => remote.submit(Float64Array.of(length, ...call), "", wake));
}
const slate = new Float64Array(limiter.slate.buffer, limiter.slate.byteOffset, limiter.slate.byteLength >> 3);
for (const odd of [Number.NaN, Number.POSITIVE_INFINITY, -1, 0.5, 65, 2 ** 32, 2 ** 53, 1e300, -1e300]) {
  for (const at of slate.keys()) {
    slate.fill(0);
    slate[at] = odd;
    await attemptOurs(`consumeSlate(${at}: ${odd})`, () => limiter.consumeSlate());
    await attemptOurs(`refundSlate(${at}: ${odd})`, () => limiter.refundSlate());
  }
  slate.fill(odd);
  await attemptOurs(`consumeSlate(${odd})`, () => limiter.consumeSlate());
  await attemptOurs(`refundSlate(${odd})`, () => limiter.refundSlate());
}
for (const few of [[], [0], [0, "key"], [0, "key", 1]]) {
  await attemptOurs(`consume(${few})`, () => limiter.consume(...few));
}
await attemptOurs("consumeAll(too many)", () =>
  limiter.consumeAll(Array(9).fill(0), Array(9).fill("k"), Array(9).fill(1), NOW),
);

await report();
