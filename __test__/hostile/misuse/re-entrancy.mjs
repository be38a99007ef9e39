// Callbacks that call, with the same event, password and options, what is calling them.

import { mockEvent } from "h3-v2";
import * as session from "ironkeep/h3";
import { defaults, seal, sealSync, unseal, unsealSync } from "ironkeep/iron";
import { mock } from "node:test";

import { attempt, report } from "./table.mjs";

const PASSWORD = "mY4&tG8z*Qw2kV6r%Nf9xP3c!Sb7hD5j";
const CONFIG = { password: PASSWORD };
const GENERATIONS = [1, 8192].map((iterations) => ({
  ...defaults,
  encryption: { ...defaults.encryption, iterations },
  integrity: { ...defaults.integrity, iterations },
}));

/** Runs `work` the first time alone: what calls itself for ever is the caller's own loop. */
function once(work) {
  let done = false;
  return () => {
    if (done) return undefined;
    done = true;
    return work();
  };
}

for (const options of GENERATIONS) {
  const n = options.integrity.iterations;
  const token = sealSync({ a: 1 }, PASSWORD, options);
  const INNER = {
    seal: () => seal({}, PASSWORD, options),
    sealSync: () => sealSync({}, PASSWORD, options),
    unseal: () => unseal(token, PASSWORD, options),
    unsealSync: () => unsealSync(token, PASSWORD, options),
    getSession: () => session.getSession(mockEvent("/"), CONFIG),
  };
  for (const [name, inner] of Object.entries(INNER)) {
    const encode = (data) => {
      void inner();
      return JSON.stringify(data);
    };
    const decode = (text) => {
      void inner();
      return JSON.parse(text);
    };
    const data = { toJSON: () => void inner() };
    const getter = Object.defineProperty({}, "a", { get: () => void inner(), enumerable: true });
    const spied = Object.defineProperty({ ...options }, "ttl", { get: () => (void inner(), 0), enumerable: true });
    const password = Object.defineProperty({ id: "1" }, "secret", {
      get: () => (void inner(), PASSWORD),
      enumerable: true,
    });
    for (const call of [seal, sealSync]) {
      await attempt(`${call.name}, encode: ${name}, ${n}`, () => call({}, PASSWORD, { ...options, encode }));
      await attempt(`${call.name}, toJSON: ${name}, ${n}`, () =>
        call(data, PASSWORD, { ...options, encode: (value) => JSON.stringify({ value }) }),
      );
      await attempt(`${call.name}, a getter in the data: ${name}, ${n}`, () => call(getter, PASSWORD, options));
      await attempt(`${call.name}, a getter in the options: ${name}, ${n}`, () => call({}, PASSWORD, spied));
      await attempt(`${call.name}, a getter in the password: ${name}, ${n}`, () => call({}, password, options));
    }
    for (const call of [unseal, unsealSync]) {
      await attempt(`${call.name}, decode: ${name}, ${n}`, () => call(token, PASSWORD, { ...options, decode }));
      await attempt(`${call.name}, a getter in the options: ${name}, ${n}`, () => call(token, PASSWORD, spied));
      await attempt(`${call.name}, a getter in the password: ${name}, ${n}`, () =>
        call(token, { "": password }, options),
      );
    }
  }
}

const HELPERS = {
  useSession: (event, config) => session.useSession(event, config),
  getSession: (event, config) => session.getSession(event, config),
  updateSession: (event, config) => session.updateSession(event, config, { inner: true }),
  "updateSession with a function": (event, config) => session.updateSession(event, config, () => ({ inner: true })),
  sealSession: (event, config) => session.sealSession(event, config),
  clearSession: (event, config) => session.clearSession(event, config),
  replaceSession: (event, config) => session.replaceSession(event, config, { inner: true }),
  regenerateSession: (event, config) => session.regenerateSession(event, config, { userId: "ann" }),
  flashSession: (event, config) => session.flashSession(event, config, "inner", true),
  destroySession: (event, config) => session.destroySession(event, config),
};

for (const [outerName, outer] of Object.entries(HELPERS)) {
  for (const [innerName, inner] of Object.entries(HELPERS)) {
    const name = `${innerName} in ${outerName}`;
    const started = [];
    for (const salts of ["epoch", "fresh"]) {
      await attempt(`generateId: ${name}, ${salts}`, () => {
        const event = mockEvent("/");
        const config = { ...CONFIG, salts };
        const again = once(() => inner(event, config));
        return outer(event, { ...config, generateId: () => (started.push(again()), "an-id") });
      });
      await attempt(`toJSON: ${name}, ${salts}`, async () => {
        const event = mockEvent("/");
        const config = { ...CONFIG, salts };
        const again = once(() => inner(event, config));
        const opened = await session.getSession(event, config);
        opened.data.hook = { toJSON: () => (started.push(again()), 1) };
        return outer(event, config);
      });
    }
    await attempt(`a getter in the configuration: ${name}`, () => {
      const event = mockEvent("/");
      const again = once(() => inner(event, CONFIG));
      const spied = Object.defineProperty({}, "password", {
        get: () => (started.push(again()), PASSWORD),
        enumerable: true,
      });
      return outer(event, spied);
    });
    await attempt(`an updater that does not wait: ${name}`, () => {
      const event = mockEvent("/");
      const again = once(() => inner(event, CONFIG));
      return session.updateSession(event, CONFIG, () => (started.push(again()), outer(event, CONFIG), undefined));
    });
    for (const each of started) await attempt(`what was started: ${name}`, () => each);
  }
  await attempt(`an async updater that waits for ${outerName}`, async () => {
    mock.timers.enable({ apis: ["setTimeout"] });
    try {
      const event = mockEvent("/");
      const entered = Promise.withResolvers?.() ?? deferred();
      const updated = session.updateSession(event, CONFIG, async () => {
        const waiting = outer(event, CONFIG);
        entered.resolve();
        await waiting;
        return { outer: true };
      });
      await entered.promise;
      // The call inside reaches its wait some turns after it was made.
      for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
      mock.timers.tick(31_000);
      return await updated;
    } finally {
      mock.timers.reset();
    }
  });
}

function deferred() {
  let resolve;
  const promise = new Promise((settle) => (resolve = settle));
  return { promise, resolve };
}

await report();
