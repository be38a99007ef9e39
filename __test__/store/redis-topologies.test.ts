// A Cluster and a master behind a Sentinel, from JavaScript: what the options come to. What happens when nodes end is the core's.

import { createSessions } from "ironkeep/sessions";
import { createStore, type RedisStoreOptions } from "ironkeep/store";
import { describe, expect, it, onTestFinished } from "vitest";

import { hasRedis, openOn, PASSWORD, redisOfTest } from "./_redis.ts";
import { clusterOfTest, MASTER, sentinelOfTest } from "./_redis-topologies.ts";
import { codeOf, newKey, record } from "./_stores.ts";

const SECRET = "Vb7kQm2xT9sLw4pZcY8nJr5hGf3dA6eU";
const DEADLINE = 20_000;
const now = () => ({ now: Date.now() });

function sessionsOn(config: RedisStoreOptions) {
  const sessions = createSessions({ store: createStore(config), password: SECRET });
  onTestFinished(() => sessions.close());
  return sessions;
}

describe.each(hasRedis ? ["Redis"] : [])("%s", () => {
  it("as a Cluster: sessions are on all nodes, and move between them at sign-ins", { timeout: 120_000 }, async () => {
    const nodes = await clusterOfTest();
    const cluster = nodes.slice(1).map(({ port }) => `redis://127.0.0.1:${port}`);
    const sessions = sessionsOn({ driver: "redis", cluster, password: PASSWORD, deadline: DEADLINE });
    for (let n = 0; n < 30; n++) {
      const { id } = await sessions.create({ n });
      const moved = await sessions.regenerate(id, { userId: `user ${n % 5}` });
      await sessions.update(moved.id, ({ n: old }) => ({ n: Number(old) + 1 }));
      expect(await sessions.get(id)).toBeUndefined();
      expect((await sessions.get(moved.id))?.data).toEqual({ n: n + 1 });
    }
    expect(await sessions.list("user 3")).toHaveLength(6);
    expect(await sessions.revoke("user 3")).toBe(6);
    expect(await sessions.list("user 3")).toEqual([]);
    const sizes = await Promise.all(nodes.map((node) => node.ask(["DBSIZE"])));
    for (const [size] of sizes) expect(size).toBeGreaterThan(0);
  });

  it("as a master that a Sentinel names", { timeout: 120_000 }, async () => {
    const server = await redisOfTest();
    const nodes = [await sentinelOfTest(server)];
    const sentinel = { nodes, name: MASTER, password: PASSWORD };
    const sessions = sessionsOn({ driver: "redis", sentinel, password: PASSWORD, deadline: DEADLINE });
    const { id } = await sessions.create({ n: 1 });
    expect((await sessions.get(id))?.data).toEqual({ n: 1 });
    expect((await server.ask(["DBSIZE"]))[0]).toBe(1);
    const other = createStore({ driver: "redis", sentinel: { ...sentinel, name: "none" }, password: PASSWORD });
    onTestFinished(() => other.close());
    await expect(other.load(now(), newKey())).rejects.toMatchObject({
      code: "ERR_STORE_UNAVAILABLE",
      message: expect.stringContaining("sentinel") as string,
    });
  });

  it("without the replicas that are waited for says that the write was done", async () => {
    const server = await redisOfTest();
    const store = openOn(server, { wait: { replicas: 1, timeout: 20 } });
    const key = newKey();
    await store.create(now(), key, record("{}"));
    await expect(store.delete(now(), key, 60_000)).rejects.toMatchObject({
      code: "ERR_STORE_UNAVAILABLE",
      message: expect.stringMatching(/replica/) as string,
    });
    expect(await store.load(now(), key)).toEqual({ outcome: "ended" });
  });

  it("warns once of a server that may evict sessions", async () => {
    const warnings: string[] = [];
    const hear = (warning: Error) => void warnings.push(warning.message);
    process.on("warning", hear);
    onTestFinished(() => void process.off("warning", hear));
    const server = await redisOfTest(["--maxmemory-policy", "allkeys-lru"]);
    for (let stores = 0; stores < 2; stores++) {
      const store = openOn(server);
      for (let calls = 0; calls < 3; calls++) await store.load(now(), newKey());
    }
    const good = openOn(await redisOfTest());
    await good.load(now(), newKey());
    // A turn for warnings, which come in one of their own.
    await new Promise((resolve) => setImmediate(resolve));
    expect(warnings).toEqual([expect.stringContaining("allkeys-lru") as string]);
  });

  it("publishes the end of sessions unless it is told not to", async () => {
    const server = await redisOfTest();
    const published = async () =>
      Number((await server.info("commandstats")).get("cmdstat_publish")?.match(/calls=(\d+)/)?.[1] ?? 0);
    const end = (publish: boolean) => codeOf(openOn(server, { publish }).delete(now(), newKey(), 60_000));
    expect(await end(false)).toBe(false);
    expect(await published()).toBe(0);
    await end(true);
    expect(await published()).toBe(1);
  });
});

it.each(hasRedis ? [] : [process.platform])("(not run on %s: Redis)", () => {
  expect(hasRedis).toBe(false);
});
