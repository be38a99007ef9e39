// What is said of options, keys and costs that a limiter does not take.

import { createRateLimiter, type RateLimiterOptions } from "ironkeep/limit";
import { describe, expect, it } from "vitest";

const url = "redis://user:a-password-nobody-may-see@localhost:1";
const redis = { driver: "redis", url };

const ODD: readonly (readonly [unknown, string])[] = [
  [undefined, 'A rate limiter needs options, such as { quota: "100/1m" }'],
  [{}, 'quota: is missing, such as "100/1m"; or give several as limits'],
  [{ quota: "100/1m", limits: { a: "1/1s" } }, "limits: cannot stand beside quota and name"],
  [{ limits: {} }, "limits: have to be 1 to 8"],
  [
    { limits: Object.fromEntries(Array.from({ length: 9 }, (_, nth) => [`l${nth}`, "1/1s"])) },
    "limits: have to be 1 to 8",
  ],
  [{ quota: "100 per minute" }, "A quota is a limit and a window"],
  [{ quota: "0/1m" }, "The limit of a quota has to be a whole number"],
  [{ quota: "100/1y" }, "The window of a quota has to be a whole number with a unit"],
  [{ quota: "1000000000/1ms" }, "The rate of a quota is over"],
  [
    { quota: { limit: 1, window: "1m", bust: 5 } },
    'The option "bust" of the quota of "default" does not exist; did you mean "burst"?',
  ],
  [{ quota: { limit: "5", window: 1 } }, "limit: has to be a number"],
  [{ quota: { limit: 5, window: 1, burst: 0 } }, "The burst of a quota has to be a whole number"],
  [{ quota: 5 }, 'quota: that of "default" has to be a text such as "100/1m"'],
  [{ quota: "1/1s", name: 'a"; q=1' }, "name: that of a limit has to be 1 to 64 printable ASCII characters"],
  [{ quota: "1/1s", name: "a\r\nSet-Cookie: b=c" }, "name: that of a limit has to be"],
  [
    { quota: "1/1s", maxkeys: 5 },
    'The option "maxkeys" of a limiter in memory does not exist; did you mean "maxKeys"?',
  ],
  [{ quota: "1/1s", maxKeys: 0 }, "maxKeys: has to be a whole number from 1"],
  [{ quota: "1/1s", clock: 5 }, "clock: has to be a function"],
  [{ quota: "1/1s", onStoreError: "open" }, 'The option "onStoreError" of a limiter in memory does not exist'],
  [{ quota: "1/1s", store: "redis" }, 'store: has to be "memory", or { driver: "redis", url }'],
  [
    { quota: "1/1s", store: { driver: "memory", url } },
    'The option "url" of the store of a limiter in memory does not exist',
  ],
  [{ quota: "1/1s", store: { driver: "redis" } }, "one of url, cluster and sentinel"],
  [
    { quota: "1/1s", store: { ...redis, prefx: "" } },
    'The option "prefx" of the store "redis" of a limiter does not exist; did you mean "prefix"?',
  ],
  [{ quota: "1/1s", store: { ...redis, prefix: "a{b" } }, "prefix"],
  [{ quota: "1/1s", store: redis, clock: () => 0 }, 'The option "clock" of a limiter on Redis does not exist'],
  [{ quota: "1/1s", store: redis, onStoreError: "shut" }, 'onStoreError: has to be "open", "closed" or "local"'],
  [{ quota: "1/1s", store: redis, deadline: 0 }, "deadline: has to be a positive number of milliseconds"],
  [{ quota: "1/1s", store: redis, lease: {} }, "lease: needs one of size and fraction"],
  [{ quota: "1/1s", store: redis, lease: { size: 0 } }, "lease.size: has to be a whole number from 1"],
  [{ quota: "1/1s", store: redis, lease: { fraction: 2 } }, "lease.fraction: has to be a part of the burst"],
];

describe("createRateLimiter", () => {
  it.each(ODD)("refuses %j", (options, message) => {
    const make = () => createRateLimiter(options as RateLimiterOptions);
    expect(make).toThrow(
      expect.objectContaining({ code: "ERR_CONFIG", message: expect.stringContaining(message) as string }),
    );
    expect(make).not.toThrow(/nobody-may-see/);
  });
});

describe("a call", () => {
  const one = createRateLimiter({ quota: "5/1s" });
  const several = createRateLimiter({ limits: { address: "5/1s", user: "5/1s" } });
  // What is no key must never come to mean no limit.
  const CALLS: readonly (readonly [string, () => unknown])[] = [
    ["no key", () => one.consumeSync(undefined as never)],
    ["a key that is a number", () => one.consumeSync(5 as never)],
    ["a text where there are several limits", () => several.consumeSync("a")],
    ["keys of no limit", () => several.consumeSync({})],
    ["an undefined key", () => several.consumeSync({ address: "a", user: undefined as never })],
    ["a key of a limit that does not exist", () => several.consumeSync({ account: "a" } as never)],
    ["a key of the prototype's", () => several.consumeSync(Object.create({ user: "u" }) as never)],
    ["a cost of a limit that does not exist", () => several.consumeSync({ user: "a" }, { cost: { usr: 1 } as never })],
    ["a broken cost", () => one.consumeSync("a", { cost: 1.5 })],
    ["a negative cost", () => one.consumeSync("a", { cost: -1 })],
    ["a cost that is a text", () => one.consumeSync("a", { cost: "1" as never })],
    ["an option that does not exist", () => one.consumeSync("a", { costs: 1 } as never)],
    ["no time", () => one.consumeSync("a", { now: Number.NaN })],
    ["a penalty of no time", () => one.penalizeSync("a", -1)],
    ["a penalty of years", () => one.penalizeSync("a", "400d")],
    ["a penalty in words", () => one.penalizeSync("a", "a minute")],
  ];

  it.each(CALLS)("with %s is refused", (_what, call) => {
    expect(call).toThrow(expect.objectContaining({ code: "ERR_CONFIG" }));
  });

  it("quotes no key", () => {
    const call = () => several.consumeSync({ secret: "a secret" } as never);
    expect(call).not.toThrow(/secret/);
  });
});
