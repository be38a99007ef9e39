// increments.mjs OPTIONS PASSWORD ID COUNT NAME [blind]: when it is told to go, adds one to a session so often, and prints what that took.

import { once } from "node:events";
import { createInterface } from "node:readline";

import { createSessions } from "ironkeep/sessions";
import { createStore } from "ironkeep/store";

const [config, password, id, total, name, fault] = process.argv.slice(2);
const native = createStore(JSON.parse(config));
const sessions = createSessions({ store: fault === "blind" ? blind(native) : native, password });
const counts = { conflicts: 0, timeouts: 0, unknown: 0 };

/** A store that writes over whatever is there. */
function blind(store) {
  return new Proxy(store, {
    get(target, property) {
      if (property !== "save") return Reflect.get(target, property).bind?.(target) ?? Reflect.get(target, property);
      return async (call, key, _expected, change) => {
        for (;;) {
          const { record } = await target.load(call, key);
          const saved = await target.save(call, key, record.version, change);
          if (saved.outcome !== "conflict") return saved;
        }
      };
    },
  });
}

/** Adds one, and says how many of its own are in there then: an attempt of unknown outcome is known again by that. */
const addOne =
  (nth, mayBeThere) =>
  ({ n, by }) =>
    mayBeThere && by[name] === nth ? {} : { n: n + 1, by: { ...by, [name]: nth } };

async function increment(nth) {
  for (let mayBeThere = false; ;) {
    try {
      await sessions.update(id, addOne(nth, mayBeThere));
      return;
    } catch (error) {
      if (error.code === "ERR_SESSION_CONFLICT") counts.conflicts++;
      else if (error.code === "ERR_STORE_TIMEOUT") counts.timeouts++;
      else if (error.code === "ERR_STORE_UNAVAILABLE") counts.unknown++;
      else throw error;
      // Of the other two nothing was written.
      mayBeThere ||= error.code === "ERR_STORE_UNAVAILABLE";
    }
  }
}

process.stdout.write("ready\n");
await once(createInterface({ input: process.stdin }), "line");
let retries = 0;
sessions.on("conflict", () => retries++);
const begun = performance.now();
for (let nth = 1; nth <= Number(total); nth++) await increment(nth);
const { user, system } = process.cpuUsage();
const ms = Math.round(performance.now() - begun);
await sessions.close();
process.stdout.write(`${JSON.stringify({ ...counts, retries, ms, cpuMs: Math.round((user + system) / 1000) })}\n`, () =>
  process.exit(),
);
