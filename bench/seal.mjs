// The seal-unseal round trip: iron's, h3's and other formats' implementations beside Ironkeep's, through the calls that a
// user makes, one at a time.
//
// How to read it: an operation is one seal and one unseal of a session, JSON included. "main" is the CPU of the main
// thread, which is what a server's event loop has to give; "all" that of all threads, where WebCrypto and derivations
// work. "times less" compares the main thread with iron-webcrypto 2, "x secretbox" with libsodium's secretbox, which
// derives no key and is about the least that an authenticated token can cost in JavaScript. Quote the medians; where a
// median is far over its least, the machine was busy. "sessions" tells through how many of the distinct ones the rounds
// got: an operation of many milliseconds does not get through all of them, nor do rounds that the time ran out for.
//
// Three rows open cookies that the process did not make this day. "first seen, which share one pair of salts": what
// another process made whose pair of salts differs; every slice opens 10,000 of them, each once, under a pair never seen
// before, so two derivations are shared by 10,000. "of h3 first seen": each costs two derivations, on other threads.
import { randomBytes } from "node:crypto";
import { isDeepStrictEqual } from "node:util";

import { FORMATS, buildCore, measureCore } from "./lib/core.mjs";
import { mainClock } from "./lib/cpu.mjs";
import { Document, machineLine } from "./lib/document.mjs";
import { foreignTokens } from "./lib/foreign.mjs";
import { ironkeeps } from "./lib/ironkeep.mjs";
import { peers } from "./lib/peers.mjs";
import { alternate } from "./lib/rounds.mjs";
import { SESSIONS, makeSessions } from "./lib/sessions.mjs";
import { short, table } from "./lib/table.mjs";
import { peerName } from "./lib/versions.mjs";

const GROUPS = [
  { bytes: 200, shape: "token" },
  { bytes: 1024, shape: "token" },
  { bytes: 3072, shape: "token" },
  { bytes: 1024, shape: "cart" },
];
const SHAPES = { token: "a user and one long text", cart: "a user and many small values" };
const ROUNDS = 7;
/** After this no further round of a group starts: the groups together stay within eight minutes. */
const GROUP_MS = 105_000;
/** Each token of h3 is opened once, and takes a derivation to make too. */
const FRESH_PER_SLICE = 30;
/** What the core gets of a round, for each of seal and unseal. */
const CORE_SECONDS = 0.2;
const CORE_SAMPLES = 20;
/** The most that JavaScript may see, less JSON, in times of what the core takes. */
const CORE_GOAL = 2;

/** What is measured has to be right: both ends of a round trip hold the same data. */
async function verify({ name, roundTrip, beforeSlice }, sessions) {
  await beforeSlice?.(0);
  const { data } = await roundTrip(0);
  if (!isDeepStrictEqual({ ...data }, sessions[0].data)) throw new Error(`${name} does not give back what was sealed`);
}

const jsonAlone = (sessions) => ({
  name: "JSON.stringify and JSON.parse alone",
  isJson: true,
  roundTrip: (index) => JSON.parse(JSON.stringify(sessions[index % sessions.length])),
});

/** The core as a contender: its CPU is that of one thread, whichever column it stands in. */
const coreAlone = (program, format, bytes) => ({
  name: `the core alone, ${format}, warm`,
  coreOf: format,
  measure() {
    const { seal, unseal } = measureCore(program, { format, bytes, seconds: CORE_SECONDS, samples: CORE_SAMPLES });
    const cpu = seal.median + unseal.median;
    return { opsPerSecond: 1e6 / cpu, mainCpu: cpu, allCpu: cpu };
  },
});

/** What JavaScript's CPU, less that of JSON, is in times of the core's: for each contender of Ironkeep with warm keys. */
function overCore(contenders, results) {
  const cpuWhere = (test) => results[contenders.findIndex(test)].mainCpuMicroseconds;
  const json = cpuWhere(({ isJson }) => isJson);
  return contenders.flatMap(({ name, format }, index) => {
    if (format === undefined) return [];
    const core = cpuWhere(({ coreOf }) => coreOf === format);
    const seen = results[index].mainCpuMicroseconds;
    const times = (key) => (seen[key] - json[key]) / core[key];
    return [{ name, format, ofMedians: times("median"), ofLeasts: times("least"), goal: CORE_GOAL }];
  });
}

async function contendersFor({ bytes, shape }, program) {
  const password = randomBytes(32).toString("base64");
  const sessions = makeSessions(shape, bytes);
  const freshOnes = sessions.slice(0, FRESH_PER_SLICE * (ROUNDS + 1));
  const fresh = { tokens: await foreignTokens("h3 v2", freshOnes, { password }), perSlice: FRESH_PER_SLICE };
  const trips = [
    ...(await peers(sessions, password)),
    ...(await ironkeeps(sessions, password, fresh)),
    jsonAlone(sessions),
  ];
  for (const contender of trips) await verify(contender, sessions);
  return [
    ...trips.map(({ roundTrip, ...contender }) => ({ ...contender, operation: roundTrip })),
    ...FORMATS.map((format) => coreAlone(program, format, bytes)),
  ];
}

async function measure(group, program) {
  const until = performance.now() + GROUP_MS;
  const contenders = await contendersFor(group, program);
  const results = await alternate(contenders, { rounds: ROUNDS, until });
  const at = (test) => results[contenders.findIndex(test)].mainCpuMicroseconds;
  const base = at(({ isBase }) => isBase);
  const secretbox = at(({ isSecretbox }) => isSecretbox);
  const ratio = (one, other) => ({ ofMedians: one.median / other.median, ofLeasts: one.least / other.least });
  const rows = results.map((result, index) => ({
    ...group,
    iterations: contenders[index].iterations ?? null,
    ...result,
    timesLessMainCpu: ratio(base, result.mainCpuMicroseconds),
    timesSecretbox: ratio(result.mainCpuMicroseconds, secretbox),
  }));
  return { rows, overCore: overCore(contenders, results).map((row) => ({ ...group, ...row })) };
}

function print({ bytes, shape }, { rows, overCore: ratios }) {
  const cpu = ["main us", "least", "all us", "least"];
  const header = ["", "PBKDF2", "sessions", "ops/s", ...cpu, "times less", "by least", "x secretbox"];
  const cells = rows.map((row) => [
    row.name,
    String(row.iterations ?? ""),
    row.sessions ? String(row.sessions) : "",
    short(row.opsPerSecond),
    short(row.mainCpuMicroseconds.median),
    short(row.mainCpuMicroseconds.least),
    short(row.allCpuMicroseconds.median),
    short(row.allCpuMicroseconds.least),
    `${short(row.timesLessMainCpu.ofMedians)} x`,
    `${short(row.timesLessMainCpu.ofLeasts)} x`,
    short(row.timesSecretbox.ofMedians),
  ]);
  console.log(`\n${bytes} bytes of JSON: ${SHAPES[shape]}; ${rows[0].rounds} rounds\n${table(header, cells)}`);
  console.log(`What JavaScript sees less JSON, over the core (goal: at most ${CORE_GOAL}):`);
  for (const { name, ofMedians, ofLeasts } of ratios) {
    console.log(`  ${name}: ${short(ofMedians)} x, by least ${short(ofLeasts)} x`);
  }
}

/** Measures, prints, and gives the result as data. */
export async function run() {
  const program = buildCore();
  const document = new Document("seal");
  console.log(`\n${machineLine()}`);
  console.log(
    `CPU of one seal and unseal, JSON included, one at a time; ${SESSIONS} distinct sessions. Median and least of the\n` +
      `alternated rounds. "times less" compares the main thread's CPU with that of ${peerName.webcrypto2}, "x secretbox" with\n` +
      `that of ${peerName.secretbox}. It is by ${mainClock}. bench/seal.mjs says how to read it.`,
  );
  const groups = [];
  for (const group of GROUPS) {
    const measured = await measure(group, program);
    print(group, measured);
    groups.push(measured);
  }
  return document.with({
    roundsWanted: ROUNDS,
    distinctSessions: SESSIONS,
    rows: groups.flatMap(({ rows }) => rows),
    javascriptOverCore: groups.flatMap((group) => group.overCore),
  });
}
