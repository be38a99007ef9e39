// A store on Redis as an app has it: connections, secrets, its status.

import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as after } from "node:timers/promises";
import { inspect } from "node:util";
import { Worker } from "node:worker_threads";

import { createStore, type RedisStoreOptions } from "ironkeep/store";
import { describe, expect, it, onTestFinished } from "vitest";

import { freePort, hasRedis, onRedis, openOn, PASSWORD, type RedisServer, redisOfTest } from "./_redis.ts";
import { codeOf, newKey, record } from "./_stores.ts";

const WORKER = join(import.meta.dirname, "children/one-call.mjs");
const now = () => ({ now: Date.now() });

/** The connections to a server, but for the one that asks. */
async function connections(server: RedisServer): Promise<number> {
  const [clients] = await server.ask(["CLIENT", "LIST"]);
  return String(clients).trim().split("\n").length - 1;
}

/** Asks until it is so: what a server knows of the end of a connection comes by the network. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await after(1);
}

async function failure(call: Promise<unknown>): Promise<Error & { code?: string }> {
  return call.then(
    () => expect.unreachable("it does not fail"),
    (error: unknown) => error as Error,
  );
}

describe.each(hasRedis ? ["Redis"] : [])("a store on %s", () => {
  it("connects with its first call, and is gone once it is closed", async () => {
    const server = await redisOfTest();
    const store = openOn(server);
    expect(await connections(server)).toBe(0);
    await Promise.all(Array.from({ length: 100 }, () => store.load(now(), newKey())));
    expect(await connections(server)).toBe(1);
    await store.close();
    await until(async () => (await connections(server)) === 0);
    expect(await codeOf(store.load(now(), newKey()))).toBe("ERR_STORE_CLOSED");
  });

  it("shares its connection with those of equal options, in all threads, each of which closes its own", async () => {
    const server = await redisOfTest();
    const config = onRedis(server);
    const key = newKey();
    const store = createStore(config);
    onTestFinished(() => store.close());
    await store.create(now(), key, record("shared"));
    const workers = [1, 2].map(() => new Worker(WORKER, { workerData: { config, key } }));
    onTestFinished(async () => void (await Promise.all(workers.map((worker) => worker.terminate()))));
    const heard = await Promise.all(workers.map((worker) => once(worker, "message")));
    expect(heard).toEqual([["shared"], ["shared"]]);
    expect(await connections(server)).toBe(1);
    await workers[0]?.terminate();
    const [, other] = workers;
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    const [[closed]] = await Promise.all([once(other as Worker, "message"), other?.postMessage("close")]);
    expect(closed).toBe("ERR_STORE_CLOSED");
    expect(await store.load(now(), key)).toMatchObject({ outcome: "found" });
    expect(await connections(server)).toBe(1);
  });

  it("has another connection for another user", async () => {
    const server = await redisOfTest();
    await server.ask(["ACL", "SETUSER", "app", "on", `>${PASSWORD}`, "~*", "&*", "+@all"]);
    const url = server.url.replace("redis://:", "redis://app:");
    for (const more of [{}, { url } as Partial<RedisStoreOptions>]) await openOn(server, more).load(now(), newKey());
    expect(await connections(server)).toBe(2);
  });

  it("shows no password in what it refuses, and none when it is looked at", async () => {
    const server = await redisOfTest();
    const secret = "another-secret-that-nobody-may-see";
    const host = `127.0.0.1:${server.port}`;
    const odd: [Partial<RedisStoreOptions>, RegExp][] = [
      [{ url: `redis://:${secret}@${host}` }, /WRONGPASS/],
      [{ url: `redis://${secret}:${secret}@${host}` }, /WRONGPASS/],
      [{ url: `redis://${host}`, password: secret }, /WRONGPASS/],
      [{ url: `redis://${host}` }, /NOAUTH/],
      [{ url: `redis://:${secret}@127.0.0.1:${await freePort()}` }, /does not take connections/],
    ];
    for (const [more, message] of odd) {
      const store = openOn(server, { ...more, resilience: false } as Partial<RedisStoreOptions>);
      const error = await failure(store.load(now(), newKey()));
      expect(error).toMatchObject({ code: "ERR_STORE_UNAVAILABLE", message: expect.stringMatching(message) as string });
      const shown = inspect([error, error.stack, store], { depth: Infinity, showHidden: true }) + JSON.stringify(store);
      expect(shown).not.toContain(secret);
      expect(shown).not.toContain(PASSWORD);
    }
    for (const url of [`http://:${secret}@${host}`, `redis://:${secret}@${host}:x`, `redis://:${secret}@${host}/x`]) {
      const make = () => createStore({ driver: "redis", url });
      expect(make).toThrow(expect.objectContaining({ code: "ERR_CONFIG" }));
      expect(make).not.toThrow(secret);
    }
  });

  it("says how it fares: an outage opens the breaker, which is tried again and closes", async () => {
    const server = await redisOfTest();
    const store = openOn(server, { deadline: 40, resilience: { openFor: 100, slow: 10_000 } });
    expect(store.status()).toMatchObject({ breaker: "closed", calls: 0, attempts: 0, openFor: 0 });
    // The first one connects, which may take longer than that.
    await until(async () => (await codeOf(store.load(now(), newKey()))) !== "ERR_STORE_TIMEOUT");
    server.stop();
    await until(async () => {
      await codeOf(Promise.all(Array.from({ length: 20 }, () => store.load(now(), newKey()))));
      return store.status()?.breaker === "open";
    });
    const status = store.status();
    expect(status?.opened).toBe(1);
    expect(status?.recentCalls).toBeGreaterThanOrEqual(20);
    expect(2 * (status?.recentFailures ?? 0)).toBeGreaterThanOrEqual(status?.recentCalls ?? Number.NaN);
    const refused = await failure(store.load({ ...now(), deadline: 5000 }, newKey()));
    expect(refused).toMatchObject({
      code: "ERR_STORE_UNAVAILABLE",
      message: expect.stringContaining("failed too often") as string,
    });
    server.goOn();
    await until(async () => (await codeOf(store.load(now(), newKey()))) instanceof Object);
    await until(async () => {
      await codeOf(store.load(now(), newKey()));
      return store.status()?.breaker === "closed";
    });
    expect(store.status()?.refused).toBeGreaterThan(0);
  });

  it("is left as it is where that is wanted", async () => {
    const server = await redisOfTest();
    expect(openOn(server, { resilience: false }).status()).toBeNull();
    expect(createStore({ driver: "memory" }).status()).toBeNull();
  });

  it("gives sessions its deadline", () => {
    const made = (more: object) =>
      createStore({ driver: "redis", url: "redis://127.0.0.1:1", ...more } as RedisStoreOptions);
    expect(made({}).deadline).toBe(1000);
    expect(made({ deadline: 70 }).deadline).toBe(70);
    expect(createStore({ driver: "memory" }).deadline).toBe(250);
  });
});

it.each(hasRedis ? [] : [process.platform])("(not run on %s: Redis)", () => {
  expect(hasRedis).toBe(false);
});
