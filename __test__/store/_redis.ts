// Redis servers of a test's own, on free ports, which end with it.

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as after } from "node:timers/promises";

import { createStore, type RedisStoreOptions, type StoreConfig } from "ironkeep/store";
import { onTestFinished } from "vitest";

import { ask, type Reply } from "./_resp.ts";
import { configOf, type Driver, DRIVERS } from "./_stores.ts";

/** There is no Redis for Windows. */
export const hasRedis = process.platform !== "win32";
export const PASSWORD = "a-password-that-nobody-may-see";

/**
 * Says the server's process, and ends it when its own input ends, which it does however the test ends. `FOLDER` is empty where it
 * is to start again.
 */
const GUARD =
  'redis-server "$@" & server=$!; echo "$server"; cat > /dev/null; kill -9 "$server"; wait "$server"; rm -rf "$FOLDER"';
/** What a busy machine may take to start one. */
const START_MS = 20_000;

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== "object" || address === null) throw new Error("There is no free port");
  return address.port;
}

export class RedisServer {
  readonly port: number;
  readonly #folder = mkdtempSync(join(tmpdir(), "ironkeep-redis-"));
  readonly #settings: readonly string[];
  /** Whether nothing will ever end it but the end of this process. */
  readonly #outlives: boolean;
  #guard: ChildProcess | undefined;
  #process = Number.NaN;

  constructor(port: number, settings: readonly string[], outlives: boolean) {
    this.port = port;
    this.#settings = settings;
    this.#outlives = outlives;
  }

  get url(): string {
    return `redis://:${PASSWORD}@127.0.0.1:${this.port}`;
  }

  /** Starts it with what it has kept, and waits until it answers. @throws where there is no Redis. */
  async start(): Promise<void> {
    const args = ["--port", `${this.port}`, "--bind", "127.0.0.1", "--dir", this.#folder, "--requirepass", PASSWORD];
    const kept = ["--save", "", "--appendonly", "yes", "--appendfsync", "always", "--logfile", "log"];
    const guard = spawn("sh", ["-c", GUARD, "sh", ...args, ...kept, ...this.#settings], {
      stdio: ["pipe", "pipe", "ignore"],
      env: { ...process.env, FOLDER: this.#outlives ? this.#folder : "" },
    });
    guard.unref();
    this.#guard = guard;
    this.#process = await new Promise<number>((resolve) => guard.stdout.once("data", (line) => resolve(Number(line))));
    await this.answers();
  }

  /** Waits until it does. */
  async answers(): Promise<void> {
    for (const end = performance.now() + START_MS; ;) {
      try {
        const [pong] = await this.ask(["PING"]);
        if (pong === "PONG") return;
      } catch {
        if (performance.now() > end) throw new Error("redis-server does not start: is it installed?");
      }
      await after(5);
    }
  }

  /** Ends it as `kill -9` does. */
  async kill(): Promise<void> {
    const guard = this.#guard;
    if (guard === undefined) return;
    this.#guard = undefined;
    const ended = new Promise((resolve) => guard.once("close", resolve));
    // One that was stopped would not end.
    guard.stdin?.end();
    await ended;
  }

  /** It answers nobody until it goes on, and no connection ends. */
  stop(): void {
    process.kill(this.#process, "SIGSTOP");
  }

  goOn(): void {
    process.kill(this.#process, "SIGCONT");
  }

  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Asks it anything. */
  ask(...commands: readonly (readonly string[])[]): Promise<Reply[]> {
    return ask(this.port, PASSWORD, ...commands);
  }

  /** A part of what INFO says, by name. */
  async info(section: string): Promise<Map<string, string>> {
    const [text] = await this.ask(["INFO", section]);
    const lines = String(text)
      .split("\r\n")
      .filter((line) => line.includes(":"));
    return new Map(lines.map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1)]));
  }

  /** How often scripts were run: what every call of a store is. */
  async scriptsRun(): Promise<number> {
    const stats = await this.info("commandstats");
    const calls = (command: string) => Number(/calls=(\d+)/.exec(stats.get(`cmdstat_${command}`) ?? "")?.[1] ?? 0);
    return calls("evalsha") + calls("eval");
  }

  /** Every key, and what is under it as Redis writes it to a file, as bytes. */
  async dump(): Promise<Buffer> {
    const [, keys] = (await this.ask(["CONFIG", "SET", "rdbcompression", "no"], ["KEYS", "*"])) as [string, string[]];
    const values = await this.ask(...keys.map((key) => ["DUMP", key]));
    return Buffer.from([...keys, ...values.map(String)].join("\n"), "latin1");
  }
}

/** A server that is there until it is removed. */
export async function startRedis(settings: readonly string[] = [], outlives = false): Promise<RedisServer> {
  const server = new RedisServer(await freePort(), settings, outlives);
  await server.start();
  return server;
}

/** A server that is there until the test ends. */
export async function redisOfTest(settings: readonly string[] = []): Promise<RedisServer> {
  const server = await startRedis(settings);
  onTestFinished(() => server.remove());
  return server;
}

let prefixes = 0;

/** Options of a store in a server, with keys that no other test has. */
export function redisConfig(url: string, more: Partial<RedisStoreOptions> = {}): RedisStoreOptions {
  const prefix = `test-${process.pid}-${prefixes++}:`;
  // Far over what any call takes on a busy machine.
  return { driver: "redis", url, prefix, deadline: 20_000, ...more } as RedisStoreOptions;
}

export const onRedis = (server: RedisServer, more: Partial<RedisStoreOptions> = {}) => redisConfig(server.url, more);

/** A store in this server that is closed when the test ends. */
export function openOn(server: RedisServer, more: Partial<RedisStoreOptions> = {}) {
  const store = createStore(onRedis(server, more));
  onTestFinished(() => store.close());
  return store;
}

export type AnyDriver = Driver | "redis";
/** All that there are here. */
export const ALL_DRIVERS: readonly AnyDriver[] = hasRedis ? [...DRIVERS, "redis"] : DRIVERS;

let shared: Promise<RedisServer> | undefined;

/** One server for the tests of a file: it ends with their process. */
export function sharedRedis(): Promise<RedisServer> {
  shared ??= startRedis([], true);
  return shared;
}

/** The options of a store of any driver, in a place of its own. */
export async function configOfAny(driver: AnyDriver): Promise<StoreConfig> {
  return driver === "redis" ? onRedis(await sharedRedis()) : configOf(driver);
}

/** A store of any driver, which is closed when the test ends. */
export async function openAny(driver: AnyDriver) {
  const store = createStore(await configOfAny(driver));
  onTestFinished(() => store.close());
  return store;
}
