import type { EngineStoreOptions } from "../engine/index.js";
import { checkCount, checkKeys, checkMillis, given, wrong } from "./checks.js";
import type { CommonStoreOptions } from "./options.js";

const PREFIX = "ironkeep:";
/** Of the deadline. */
const WAIT_SHARE = 0.5;
const RETRIES = 2;
const MOST_RETRIES = 10;
/** Of the deadline: what takes longer is slow. */
const SLOW_SHARE = 0.5;
/** Milliseconds. */
const OPEN_FOR = 5000;
/** The most databases, and replicas. */
const MOST = 65_535;

/** A master that Sentinels name. */
export interface RedisSentinelOptions {
  /** The URLs of the Sentinels, as `redis://host:26379`. With `rediss://` the master is reached by TLS too. */
  nodes: readonly string[];
  /** The name by which they know the master. */
  name: string;
  /** The user of the Sentinels' access list, and its password. */
  username?: string | undefined;
  password?: string | undefined;
}

/** Waiting for replicas. */
export interface RedisWaitOptions {
  /** How many replicas have to have the write: at least 1. */
  replicas: number;
  /** How many milliseconds that may take: at most half of the deadline. @default half of the deadline */
  timeout?: number | undefined;
}

/** What is done about outages. */
export interface ResilienceOptions {
  /** How often a call may be made again where that does no harm. All together are never more than a tenth of the calls, and 4. @default 2 */
  retries?: number | undefined;
  /** From how many milliseconds on a call counts as a failure, whatever it came to. @default half of the deadline */
  slow?: number | undefined;
  /** How many milliseconds calls fail at once when half of them failed; twice as long each time in a row, up to 60 s. @default 5000 */
  openFor?: number | undefined;
}

interface RedisOptions extends CommonStoreOptions {
  driver: "redis";
  /** How many milliseconds a call may take that does not say, and Redis for an answer. @default 1000 */
  deadline?: number | undefined;
  /** The user of the servers' access list. @default that of the URL, or the default one */
  username?: string | undefined;
  /** The password. @default that of the URL, or none */
  password?: string | undefined;
  /** The number of the database; a Cluster has 0 alone. @default that of the URL, or 0 */
  database?: number | undefined;
  /** What all keys begin with: at most 64 printable ASCII characters, no spaces and no braces. @default "ironkeep:" */
  prefix?: string | undefined;
  /** Has the calls that end sessions wait for replicas. Without it a failover may bring a session back that ended. */
  wait?: RedisWaitOptions | undefined;
  /** What is done about outages; `false`: nothing. */
  resilience?: ResilienceOptions | false | undefined;
  /** Whether the end of a session is published, as a hint to who keeps a copy of it: docs/stores.md. @default true */
  publish?: boolean | undefined;
}

/** Where Redis is. A URL is `redis://[user[:password]@]host[:port][/database]`, or `rediss://` for TLS. */
type RedisPlace =
  | {
      /** One server. */
      url: string;
      cluster?: undefined;
      sentinel?: undefined;
    }
  | {
      /** Nodes of a Cluster, which tell of the others. */
      cluster: readonly string[];
      url?: undefined;
      sentinel?: undefined;
    }
  | {
      /** A master that Sentinels name. */
      sentinel: RedisSentinelOptions;
      url?: undefined;
      cluster?: undefined;
    };

/** Where Redis is, and who asks. */
export type RedisConnection = RedisPlace & Pick<RedisOptions, "username" | "password" | "database">;

/** The options of a store in Redis. */
export type RedisStoreOptions = RedisOptions & RedisPlace;

export const REDIS_KEYS = [
  "url",
  "cluster",
  "sentinel",
  "username",
  "password",
  "database",
  "prefix",
  "wait",
  "resilience",
  "publish",
] as const satisfies readonly (keyof RedisStoreOptions)[];

/** No message shows a URL, which may hold a password. */
export function redis(config: RedisStoreOptions, deadline: number, maxData: number): EngineStoreOptions {
  const { driver, prefix = PREFIX, wait, resilience, publish = true } = config;
  const connection = readConnection(config);
  checkText("prefix", prefix);
  if (typeof publish !== "boolean") throw wrong("publish: has to be true or false");
  if (!Number.isFinite(deadline)) throw wrong("deadline: has to be a number of milliseconds that ends");
  return given({
    driver,
    ...connection,
    prefix,
    deadline,
    wait: wait === undefined ? undefined : readWait(wait, deadline),
    resilience: resilience === false ? undefined : readResilience(resilience ?? {}, deadline),
    publish,
    maxData,
  });
}

/**
 * Where Redis is, and who asks.
 *
 * @throws `ERR_CONFIG` that names what is wrong.
 */
export function readConnection(config: RedisConnection) {
  const { username, password, database } = config;
  const place = readPlace(config);
  checkText("username", username);
  checkText("password", password);
  if (database !== undefined) checkCount("database", database, MOST, 0);
  return given({ ...place, username, password, database });
}

function readPlace({ url, cluster, sentinel }: RedisPlace) {
  if ([url, cluster, sentinel].filter((each) => each !== undefined).length !== 1) {
    throw wrong(
      'A store in Redis needs one of url, cluster and sentinel, such as { driver: "redis", url: "redis://localhost" }',
    );
  }
  if (sentinel !== undefined) return { sentinel: readSentinel(sentinel) };
  if (cluster !== undefined) return { cluster: readUrls("cluster", cluster) };
  if (typeof url !== "string" || url === "") throw wrong("url: has to be redis://host:port, or rediss:// for TLS");
  return { url };
}

function readSentinel(sentinel: RedisSentinelOptions) {
  if (!isObject(sentinel)) throw wrong("sentinel: has to be an object with nodes and name");
  checkKeys(sentinel, ["nodes", "name", "username", "password"], "sentinel");
  const { name, username, password } = sentinel;
  if (typeof name !== "string" || name === "")
    throw wrong("sentinel.name: has to be what the Sentinels call the master");
  checkText("sentinel.username", username);
  checkText("sentinel.password", password);
  return given({ nodes: readUrls("sentinel.nodes", sentinel.nodes), name, username, password });
}

function readUrls(name: string, urls: unknown): string[] {
  const areUrls = Array.isArray(urls) && urls.length > 0 && urls.every((url) => typeof url === "string" && url !== "");
  if (!areUrls) throw wrong(`${name}: has to be an array of URLs, as redis://host:port`);
  return [...(urls as string[])];
}

function readWait(wait: RedisWaitOptions, deadline: number) {
  if (!isObject(wait)) throw wrong("wait: has to be an object with replicas, and timeout where it is not the default");
  checkKeys(wait, ["replicas", "timeout"], "wait");
  const { replicas, timeout = Math.max(1, Math.floor(deadline * WAIT_SHARE)) } = wait;
  checkCount("wait.replicas", replicas, MOST);
  checkCount("wait.timeout", timeout, Number.MAX_SAFE_INTEGER);
  if (timeout > deadline / 2) throw wrong("wait.timeout: has to be at most half of the deadline");
  return { replicas, timeout };
}

function readResilience(resilience: ResilienceOptions, deadline: number) {
  if (!isObject(resilience)) throw wrong("resilience: has to be false, or an object with retries, slow and openFor");
  checkKeys(resilience, ["retries", "slow", "openFor"], "resilience");
  const { retries = RETRIES, slow = deadline * SLOW_SHARE, openFor = OPEN_FOR } = resilience;
  checkCount("resilience.retries", retries, MOST_RETRIES, 0);
  checkMillis("resilience.slow", slow);
  checkMillis("resilience.openFor", openFor);
  return { retries, slow, openFor };
}

export function checkText(name: string, value: unknown): void {
  if (value !== undefined && typeof value !== "string") throw wrong(`${name}: has to be a string`);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
