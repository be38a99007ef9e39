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
  ...redisRows(),
];

function redisRows(): (readonly [unknown, string])[] {
  const redis = { driver: "redis", url: "redis://localhost" };
  const place = "A store in Redis needs one of url, cluster and sentinel";
  const sentinel = { nodes: ["redis://localhost:26379"], name: "main" };
  const at = (more: object) => ({ ...redis, ...more });
  const by = (more: object) => ({ driver: "redis", sentinel: { ...sentinel, ...more } });
  return [
    [{ driver: "redis" }, place],
    [at({ cluster: ["redis://localhost"] }), place],
    [at({ url: "" }), "url: has to be redis://"],
    [at({ url: "http://localhost" }), "url: a url has to begin with redis://"],
    [at({ urls: [] }), 'The option "urls" of the store "redis" does not exist; did you mean "url"?'],
    [{ driver: "redis", cluster: [] }, "cluster: has to be an array of URLs"],
    [{ driver: "redis", cluster: [5] }, "cluster: has to be an array of URLs"],
    [{ driver: "redis", sentinel: [] }, "sentinel: has to be an object with nodes and name"],
    [by({ nodes: "redis://localhost" }), "sentinel.nodes: has to be an array of URLs"],
    [by({ name: "" }), "sentinel.name: has to be what the Sentinels call the master"],
    [by({ master: "main" }), 'The option "master" of sentinel does not exist'],
    [by({ password: 5 }), "sentinel.password: has to be a string"],
    [at({ username: 5 }), "username: has to be a string"],
    [at({ username: "app" }), "password: is missing"],
    [at({ database: -1 }), "database: has to be a whole number from 0 to 65535"],
    [at({ prefix: "{a}" }), "prefix: has to be at most 64 printable ASCII characters"],
    [at({ deadline: Number.POSITIVE_INFINITY }), "deadline: has to be a number of milliseconds that ends"],
    [at({ publish: "yes" }), "publish: has to be true or false"],
    [at({ wait: 1 }), "wait: has to be an object with replicas"],
    [at({ wait: { replicas: 0 } }), "wait.replicas: has to be a whole number from 1 to 65535"],
    [at({ wait: { replicas: 1, timeout: 1000 } }), "wait.timeout: has to be at most half of the deadline"],
    [at({ wait: { replica: 1 } }), 'The option "replica" of wait does not exist; did you mean "replicas"?'],
    [at({ resilience: true }), "resilience: has to be false, or an object"],
    [at({ resilience: { retries: 11 } }), "resilience.retries: has to be a whole number from 0 to 10"],
    [at({ resilience: { slow: 0 } }), "resilience.slow: has to be a positive number of milliseconds"],
    [at({ resilience: { openFor: "5s" } }), "resilience.openFor: has to be a positive number of milliseconds"],
    [at({ resilience: { retry: 1 } }), 'The option "retry" of resilience does not exist; did you mean "retries"?'],
    [{ driver: "memory", url: "redis://localhost" }, 'The option "url" of the store "memory" does not exist'],
  ];
}

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
