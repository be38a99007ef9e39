// What is said of options that a store does not take.

import { createStore, type StoreConfig } from "ironkeep/store";
import { describe, expect, it } from "vitest";

const ODD: readonly (readonly [unknown, string])[] = [
  [undefined, 'A store needs options, such as { driver: "sqlite", path: "sessions.db" }'],
  [{}, 'driver: has to be "memory", "redis" or "sqlite"'],
  [{ driver: "mem0ry" }, 'driver: has to be "memory", "redis" or "sqlite"; did you mean "memory"?'],
  [{ driver: "toString" }, 'driver: has to be "memory", "redis" or "sqlite"'],
  [
    { driver: "memory", maxByte: 1 },
    'The option "maxByte" of the store "memory" does not exist; did you mean "maxBytes"?',
  ],
  [{ driver: "memory", path: "a.db" }, 'The option "path" of the store "memory" does not exist'],
  [{ driver: "memory", whenFull: "panic" }, 'whenFull: has to be "evict" or "refuse"'],
  [{ driver: "memory", maxEntries: 0.5 }, "maxEntries: has to be a whole number from 1 to 4294967295"],
  [{ driver: "memory", maxBytes: 1000 }, "maxBytes: has to be at least four times maxData, which is 65536"],
  [{ driver: "memory", deadline: "250" }, "deadline: has to be a positive number of milliseconds"],
  [{ driver: "memory", deadline: Number.NaN }, "deadline: has to be a positive number of milliseconds"],
  [{ driver: "memory", snapshotInterval: 60 }, "snapshotInterval: there is no snapshot without the option snapshot"],
  ...[-1, Number.NaN, "60", null, 2_147_484].map(
    (snapshotInterval) =>
      [
        { driver: "memory", snapshot: "a", snapshotInterval },
        "snapshotInterval: has to be a number of seconds from 0 to 2147483",
      ] as const,
  ),
  [{ driver: "sqlite", path: "a.db", snapshotInterval: 60 }, 'The option "snapshotInterval" of the store "sqlite"'],
  [{ driver: "sqlite" }, "path: has to name the file of the store"],
  [{ driver: "sqlite", path: "a.db", synchronous: "off" }, 'synchronous: has to be "full" or "normal"'],
  [{ driver: "sqlite", path: "a.db", maxData: 2 ** 40 }, "maxData: has to be a whole number from 1 to 536870912"],
];

describe("createStore", () => {
  it.each(ODD)("refuses %j", (config, message) => {
    const make = () => createStore(config as StoreConfig);
    expect(make).toThrow(
      expect.objectContaining({ code: "ERR_CONFIG", message: expect.stringContaining(message) as string }),
    );
  });

  it("refuses a path that names no file", () => {
    const make = () => createStore({ driver: "sqlite", path: ":memory:" });
    expect(make).toThrow(expect.objectContaining({ code: "ERR_CONFIG" }));
  });
});
