// Tables of what was measured, and how far the goals are met.
import { judged } from "../lib/goals.mjs";
import { short, table } from "../lib/table.mjs";
import { peerName } from "../lib/versions.mjs";

const count = (number) => number.toLocaleString("en-US");
const mega = (bytes) => (bytes / 1e6).toFixed(0);
const pair = ({ median, least }) => [short(median), short(least)];
const speed = (row) => [
  short(row.opsPerSecond.median ?? row.opsPerSecond),
  ...pair(row.mainCpuMicroseconds),
  ...pair(row.allCpuMicroseconds),
];
const SPEED = ["ops/s", "main us", "least", "all us", "least"];
const ratios = (row) => [`${short(row.timesOps)} x`, short(row.ofMainCpu)];
const RATIOS = ["x ops", "of main"];

/** Prints the rows of groups. */
export function printGroups(title, groups) {
  const isRemote = groups[0][0].serverCpuMicroseconds !== undefined;
  const header = [
    "",
    "keys",
    ...(isRemote ? ["in flight"] : []),
    ...SPEED,
    ...(isRemote ? ["server us"] : []),
    ...RATIOS,
  ];
  const cells = groups
    .flat()
    .map((row) => [
      `${row.isAdmitted ? "admitted" : "refused"}: ${row.name}`,
      count(row.keys),
      ...(isRemote ? [String(row.inFlight)] : []),
      ...speed(row),
      ...(isRemote ? [short(row.serverCpuMicroseconds.median)] : []),
      ...ratios(row),
    ]);
  console.log(`\n${title}; ${groups[0][0].rounds} rounds\n${table(header, cells)}`);
  for (const line of ahead(groups.flat(), isRemote)) console.log(line);
}

/** A line for each peer that takes less of the main thread than Ironkeep. */
function ahead(rows, isRemote) {
  const better = rows.filter(({ id, ofMainCpu }) => !id.startsWith("ironkeep") && ofMainCpu > 1);
  const names = [...new Set(better.map(({ name }) => name))];
  return names.map((name) => {
    const where = better
      .filter((row) => row.name === name)
      .map(({ keys, inFlight, isAdmitted, ofMainCpu }) => {
        const at = isRemote ? ` at ${inFlight} in flight` : "";
        return `${isAdmitted ? "admitted" : "refused"} of ${count(keys)} keys${at} (${short(ofMainCpu)} x)`;
      });
    return `${name} takes less of the main thread than Ironkeep: ${where.join(", ")}`;
  });
}

/** Prints the rows of the million. */
export function printResident(rows) {
  const header = ["", "fill s", "heap MB", "RSS MB", "of RSS", ...SPEED, ...RATIOS];
  const cells = rows.map((row) => [
    row.name,
    short(row.fillSeconds.median),
    mega(row.heapBytes.median),
    mega(row.rssBytes.median),
    short(row.ofRss),
    ...speed(row),
    ...ratios(row),
  ]);
  const [{ keys, rounds }] = rows;
  console.log(
    `\n${count(keys)} keys, each contender in a process of its own, ${rounds} rounds.\n${table(header, cells)}`,
  );
  for (const line of ahead(rows.map((row) => ({ ...row, isAdmitted: true })))) console.log(line);
}

/** The goals, and how far they are met. */
export function goals({ inMemory, onRedis, resident }) {
  const peer = "rate-limiter-flexible";
  const find = (rows, wanted) => rows.find((row) => Object.entries(wanted).every(([key, value]) => row[key] === value));
  const ten = find(inMemory.flat(), { id: peer, keys: 10_000, isAdmitted: true });
  const million = find(resident, { id: peer });
  const rows = onRedis.flat();
  const many = find(rows, { id: peer, inFlight: 64 });
  const leased = find(rows, { id: "ironkeep-leased", inFlight: 1 });
  const alone = find(rows, { id: peer, inFlight: 1 });
  const of = `of that of ${peerName.rateLimiterFlexible}`;
  const times = `times those of ${peerName.rateLimiterFlexible}`;
  return judged([
    { text: `10,000 keys in memory: CPU of the main thread, ${of}`, atMost: 1, value: ten.ofMainCpu },
    { text: `a million keys in memory: CPU of the main thread, ${of}`, atMost: 0.5, value: million.ofMainCpu },
    { text: `a million keys in memory: RSS, ${of}`, atMost: 1 / 6, value: million.ofRss },
    { text: `Redis at 64 in flight: CPU of the main thread, ${of}`, atMost: 1 / 3, value: many.ofMainCpu },
    { text: `Redis at 64 in flight: ops/s, ${times}`, atLeast: 1, value: many.timesOps },
    {
      text: `Redis, leased, one call after another: ops/s, ${times}`,
      atLeast: 20,
      value: leased.opsPerSecond / alone.opsPerSecond,
    },
  ]);
}
