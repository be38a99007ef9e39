// writer.mjs PATH SYNCHRONOUS [hasty]: writes sessions of its own without end, several at once, and prints a line for each
// write that was acknowledged: the key, the version, the data. `hasty`: it prints the line first.

import { randomBytes } from "node:crypto";
import { writeSync } from "node:fs";

import { createStore } from "ironkeep/store";

const AT_ONCE = 4;
/** Writes of one session. */
const WRITES = 5;
const DEADLINE = 60_000;
const LIFETIME = { maxAge: 3_600_000 };

const [path, synchronous, fault] = process.argv.slice(2);
const store = createStore({ driver: "sqlite", path, synchronous });
const now = () => ({ now: Date.now(), deadline: DEADLINE });
const newToken = () => randomBytes(16).toString("base64url");

/** At once and as a whole: what is in the pipe is there, whatever becomes of this process. */
const acknowledge = (key, version, data) => writeSync(1, `${key} ${version} ${data}\n`);

async function written(key, version, data, write) {
  if (fault === "hasty") acknowledge(key, version, data);
  const { outcome } = await write();
  if (outcome !== "done") throw new Error(`A write came to ${outcome}`);
  if (fault !== "hasty") acknowledge(key, version, data);
}

async function lane() {
  for (;;) {
    const key = randomBytes(34).toString("base64url");
    for (let version = 1; version <= WRITES; version++) {
      const data = randomBytes(40 + Math.floor(Math.random() * 1000)).toString("base64url");
      await written(key, version, data, () =>
        version === 1
          ? store.create(now(), key, { data, writeToken: newToken(), age: 0, lifetime: LIFETIME })
          : store.save(now(), key, version - 1, { data, writeToken: newToken() }),
      );
    }
  }
}

await Promise.all(Array.from({ length: AT_ONCE }, lane));
