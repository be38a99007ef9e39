import type { EngineStoreOptions } from "../engine/index.js";
import { nearest } from "../nearest.js";
import { checkCount, checkKeys, checkMillis, hint, wrong } from "./checks.js";
import { redis, REDIS_KEYS, type RedisStoreOptions } from "./redis-options.js";

/** Milliseconds that a call has, where it does not say: of a store on this machine, and of one beyond a network. */
const NEAR = 250;
const FAR = 1000;
/** The most data of a session, in bytes. */
const MAX_DATA = 64 * 1024;
/** What a store may be told to take at most: SQLite's limit is near. */
const LARGEST_DATA = 512 * 1024 * 1024;

/** What a store in memory takes. */
const MAX_BYTES = 256 * 1024 * 1024;
const MAX_ENTRIES = 1_000_000;
/** Seconds between two snapshots. */
const SNAPSHOT_INTERVAL = 60;
/** The most that a timer takes. */
const LONGEST_INTERVAL = 2_147_483;

/** What every store of `createStore` takes. */
export interface CommonStoreOptions {
  /** How many milliseconds a call may take that does not say, and so those of sessions that do not say. @default 250 */
  deadline?: number | undefined;
  /** The most data that a session may have, in bytes of UTF-8. @default 65536 */
  maxData?: number | undefined;
}

/** The options of a store in the process's memory. */
export interface MemoryStoreOptions extends CommonStoreOptions {
  driver: "memory";
  /** The most bytes of memory, everything counted: at least four times `maxData`. @default 268435456 */
  maxBytes?: number | undefined;
  /** The most sessions, tombstones and markers of imports together. @default 1000000 */
  maxEntries?: number | undefined;
  /**
   * What happens then, once nothing that has expired is left: sessions go, those without a user and those not seen for long
   * first, or new ones fail with `ERR_STORE_UNAVAILABLE`. @default "evict"
   */
  whenFull?: "evict" | "refuse" | undefined;
  /**
   * A file that the store begins from when it is made, and that is written as a whole every `snapshotInterval` and when the store
   * is closed. Its folder is not made. It belongs to one store at a time.
   */
  snapshot?: string | undefined;
  /**
   * Seconds after which the snapshot is written again in the background, if anything may have changed; what a process that is
   * killed may lose. 0: only when the store is closed. One that fails is a warning, and the next one is tried. @default 60
   */
  snapshotInterval?: number | undefined;
}

/** The options of a store in a file of SQLite. */
export interface SqliteStoreOptions extends CommonStoreOptions {
  driver: "sqlite";
  /** The file. It is made when it is missing; its folder is not. */
  path: string;
  /** `full`: an acknowledged write survives power loss. `normal`: the last ones may not, and none waits for the disk. @default "full" */
  synchronous?: "full" | "normal" | undefined;
}

/** Which store, by its `driver`, and the options of that. */
export type StoreConfig = MemoryStoreOptions | RedisStoreOptions | SqliteStoreOptions;

type Driver = StoreConfig["driver"];

const COMMON = ["driver", "deadline", "maxData"] as const;
const KEYS: { readonly [D in Driver]: readonly (keyof Extract<StoreConfig, { driver: D }>)[] } = {
  memory: [...COMMON, "maxBytes", "maxEntries", "whenFull", "snapshot", "snapshotInterval"],
  redis: [...COMMON, ...REDIS_KEYS],
  sqlite: [...COMMON, "path", "synchronous"],
};

/**
 * The options as the engine takes them, with their defaults.
 *
 * @throws `ERR_CONFIG` that names what is wrong.
 */
export function readStoreConfig(config: StoreConfig): {
  engine: EngineStoreOptions;
  deadline: number;
  /** Seconds; 0 for no snapshots but the last one. */
  snapshotInterval: number;
} {
  if (typeof config !== "object" || config === null) {
    throw wrong(`A store needs options, such as { driver: "sqlite", path: "sessions.db" }`);
  }
  checkDriver(config.driver);
  checkKeys(config, KEYS[config.driver], `the store "${config.driver}"`);
  const { deadline = config.driver === "redis" ? FAR : NEAR, maxData = MAX_DATA } = config;
  checkMillis("deadline", deadline);
  checkCount("maxData", maxData, LARGEST_DATA);
  if (config.driver === "redis") return { engine: redis(config, deadline, maxData), deadline, snapshotInterval: 0 };
  if (config.driver === "sqlite") return { engine: sqlite(config, maxData), deadline, snapshotInterval: 0 };
  return { engine: memory(config, maxData), deadline, snapshotInterval: readInterval(config) };
}

function memory(config: MemoryStoreOptions, maxData: number): EngineStoreOptions {
  const { driver, maxBytes = MAX_BYTES, maxEntries = MAX_ENTRIES, whenFull = "evict", snapshot } = config;
  checkCount("maxBytes", maxBytes, Number.MAX_SAFE_INTEGER);
  checkCount("maxEntries", maxEntries, 2 ** 32 - 1);
  if (maxBytes < 4 * maxData) throw wrong(`maxBytes: has to be at least four times maxData, which is ${maxData}`);
  if (whenFull !== "evict" && whenFull !== "refuse") throw wrong('whenFull: has to be "evict" or "refuse"');
  const options = { driver, maxData, maxBytes, maxEntries, whenFull, now: Date.now() };
  if (snapshot === undefined) return options;
  if (typeof snapshot !== "string" || snapshot === "") throw wrong("snapshot: has to name a file");
  return { ...options, snapshot };
}

function readInterval({ snapshot, snapshotInterval }: MemoryStoreOptions): number {
  if (snapshotInterval === undefined) return snapshot === undefined ? 0 : SNAPSHOT_INTERVAL;
  if (snapshot === undefined) throw wrong("snapshotInterval: there is no snapshot without the option snapshot");
  const fits = typeof snapshotInterval === "number" && snapshotInterval >= 0 && snapshotInterval <= LONGEST_INTERVAL;
  if (!fits) throw wrong(`snapshotInterval: has to be a number of seconds from 0 to ${LONGEST_INTERVAL}`);
  return snapshotInterval;
}

function sqlite(config: SqliteStoreOptions, maxData: number): EngineStoreOptions {
  const { driver, path, synchronous = "full" } = config;
  if (typeof path !== "string" || path === "") throw wrong("path: has to name the file of the store");
  if (synchronous !== "full" && synchronous !== "normal") throw wrong('synchronous: has to be "full" or "normal"');
  return { driver, path, synchronous, maxData };
}

function checkDriver(driver: unknown): void {
  const drivers = Object.keys(KEYS);
  if (typeof driver === "string" && drivers.includes(driver)) return;
  const meant = typeof driver === "string" ? nearest(driver, drivers) : undefined;
  const quoted = drivers.map((each) => `"${each}"`);
  throw wrong(`driver: has to be ${quoted.slice(0, -1).join(", ")} or ${quoted.at(-1)}${hint(meant)}`);
}
