// Tables of what was measured, and how far the goals are met.
import { judged } from "../lib/goals.mjs";
import { short, table } from "../lib/table.mjs";
import { peerName } from "../lib/versions.mjs";

const TITLES = {
  memory: "In memory",
  normal: "In a file, synchronous NORMAL",
  full: "In a file, synchronous FULL",
  redis: "In Redis on this machine, which keeps nothing on the disk",
};
/** Live V8 heap of a million sessions that counts as none: 16 bytes a session. */
const NO_HEAP_BYTES = 16e6;

const mega = (bytes) => (bytes / 1e6).toFixed(0);
const pair = ({ median, least }) => [short(median), short(least)];

/** Prints the rows of a family's groups. */
export function printFamily(family, groups) {
  const isRemote = family === "redis";
  const header = [
    "",
    "in flight",
    "ops/s",
    "main us",
    "least",
    "all us",
    "least",
    "stall ms",
    "least",
    ...(isRemote ? ["server us", "latency us", "p99 us"] : []),
    "x ops",
    "of main",
  ];
  const cells = groups
    .flat()
    .map((row) => [
      `${row.operation}: ${row.name}`,
      String(row.inFlight),
      short(row.opsPerSecond),
      ...pair(row.mainCpuMicroseconds),
      ...pair(row.allCpuMicroseconds),
      ...pair(row.longestStallMilliseconds),
      ...(isRemote ? remote(row) : []),
      `${short(row.timesOps)} x`,
      short(row.ofMainCpu.ofMedians),
    ]);
  console.log(`\n${TITLES[family]}; ${groups[0][0].rounds} rounds\n${table(header, cells)}`);
  for (const line of ahead(groups)) console.log(line);
}

const remote = ({ serverCpuMicroseconds, latencyMicroseconds, slowestHundredthMicroseconds }) =>
  [serverCpuMicroseconds, latencyMicroseconds, slowestHundredthMicroseconds].map(({ median }) => short(median));

/** A line for each contender that does more operations than Ironkeep. */
function ahead(groups) {
  const rows = groups.flat().filter(({ timesOps }) => timesOps < 1);
  const names = [...new Set(rows.map(({ name }) => name))];
  return names.map((name) => {
    const where = rows
      .filter((row) => row.name === name)
      .map(({ operation, inFlight, timesOps }) => `${operation} at ${inFlight} (${short(1 / timesOps)} x)`);
    return `${name} is ahead of Ironkeep: ${where.join(", ")}`;
  });
}

/** Prints the rows of the million. */
export function printResident(rows, { count, rawBytes }) {
  const header = [
    "",
    "fill s",
    "heap MB",
    "RSS MB",
    "x raw",
    "ops/s",
    "main us",
    "all us",
    "stall ms",
    "x ops",
    "of main",
  ];
  const cells = rows.map((row) => [
    row.name,
    short(row.fillSeconds.median),
    mega(row.heapBytes.median),
    mega(row.rssBytes.median),
    short(row.rssOfRaw),
    short(row.opsPerSecond.median),
    short(row.mainCpuMicroseconds.median),
    short(row.allCpuMicroseconds.median),
    short(row.longestStallMilliseconds.median),
    `${short(row.timesOps)} x`,
    short(row.ofMainCpu),
  ]);
  console.log(
    `\n${count.toLocaleString("en-US")} sessions, each contender in a process of its own, ${rows[0].rounds} rounds; raw: ` +
      `${mega(rawBytes)} MB.\n${table(header, cells)}`,
  );
  for (const { name, timesOps } of rows.filter((row) => row.timesOps < 1)) {
    console.log(`${name} is ahead of Ironkeep: ${short(1 / timesOps)} x`);
  }
}

/**
 * The goals, and how far they are met.
 *
 * @param groups those of each family; a family that was not measured has no goals.
 * @param resident the rows of the million, if they were measured.
 */
export function goals(groups, resident) {
  const ofFile = ["normal", "full"].flatMap((family) => (groups[family] ? fileGoals(family, groups[family]) : []));
  const ofRedis = groups.redis ? redisGoals(groups.redis) : [];
  return judged([...ofFile, ...ofRedis, ...(resident ? residentGoals(resident) : [])]);
}

function fileGoals(family, groups) {
  const row = groups.flat().find((one) => {
    return one.operation === "set" && one.inFlight === 64 && one.id === `better-sqlite3-${family}`;
  });
  const of = `set at 64 in flight, synchronous ${family.toUpperCase()}`;
  return [
    {
      text: `${of}: ops/s, times those of ${peerName.betterSqlite3}`,
      atLeast: family === "full" ? 10 : 1.2,
      value: row.timesOps,
    },
    {
      text: `${of}: CPU of the main thread, of that of ${peerName.betterSqlite3}`,
      atMost: 0.2,
      value: row.ofMainCpu.ofMedians,
    },
  ];
}

function redisGoals(groups) {
  const rows = groups.flat();
  return ["get", "set"].flatMap((operation) => {
    const row = (id, inFlight) => {
      return rows.find((one) => one.operation === operation && one.inFlight === inFlight && one.id === id);
    };
    const latency = (id) => row(id, 1).latencyMicroseconds.median;
    const many = row("ioredis", 64);
    return [
      {
        text: `${operation} in Redis at 64 in flight: CPU of the main thread, of that of ${peerName.ioredis}`,
        atMost: 0.4,
        value: many.ofMainCpu.ofMedians,
      },
      {
        text: `${operation} in Redis at 64 in flight: ops/s, times those of ${peerName.ioredis}`,
        atLeast: 1,
        value: many.timesOps,
      },
      {
        text: `${operation} in Redis at 1 in flight: latency, times that of ${peerName.ioredis}`,
        atMost: 1.1,
        value: latency("ironkeep-redis") / latency("ioredis"),
      },
    ];
  });
}

function residentGoals(rows) {
  const of = (id) => rows.find((row) => row.id === id);
  const ours = of("ironkeep-memory");
  return [
    {
      text: "a million sessions in memory: live V8 heap, in MB",
      atMost: NO_HEAP_BYTES / 1e6,
      value: ours.heapBytes.median / 1e6,
    },
    { text: "a million sessions in memory: RSS, times the raw bytes", atMost: 1.3, value: ours.rssOfRaw },
    {
      text: `a million sessions in memory: ops/s, times those of ${peerName.lruCache}`,
      atLeast: 2,
      value: of("lru-cache").timesOps,
    },
  ];
}
