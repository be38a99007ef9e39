// The seal-unseal round trip: iron's and h3's implementations beside Ironkeep's, through the calls that a user makes.
import { randomBytes } from "node:crypto";
import { isDeepStrictEqual } from "node:util";

import { machineLine, mainClock } from "./lib/cpu.mjs";
import { foreignTokens } from "./lib/foreign.mjs";
import { ironkeeps } from "./lib/ironkeep.mjs";
import { peerName, peers } from "./lib/peers.mjs";
import { alternate } from "./lib/rounds.mjs";
import { makeSessions } from "./lib/sessions.mjs";
import { short, table } from "./lib/table.mjs";

const GROUPS = [
  { bytes: 200, shape: "token" },
  { bytes: 1024, shape: "token" },
  { bytes: 3072, shape: "token" },
  { bytes: 1024, shape: "cart" },
];
const SHAPES = { token: "a user and one long text", cart: "a user and many small values" };
const ROUNDS = 5;
/** Each token of h3 is opened once, and takes a derivation to make too. */
const FRESH_PER_SLICE = 40;
const SHARED_TOKENS = 2000;

/** What is measured has to be right: both ends of a round trip hold the same data. */
async function verify({ name, roundTrip }, sessions) {
  const { data } = await roundTrip(0);
  if (!isDeepStrictEqual({ ...data }, sessions[0].data)) throw new Error(`${name} does not give back what was sealed`);
}

async function measure({ bytes, shape }) {
  const password = randomBytes(32).toString("base64");
  const sessions = makeSessions(shape, bytes);
  const fresh = sessions.slice(0, FRESH_PER_SLICE * (ROUNDS + 1) + 1);
  const foreign = {
    // The salts of the day depend on the session's name: under another one the pair is not the reader's own.
    shared: await foreignTokens("ironkeep", sessions.slice(0, SHARED_TOKENS), { password, name: "elsewhere" }),
    fresh: await foreignTokens("h3 v2", fresh, { password }),
    perSlice: FRESH_PER_SLICE,
  };
  const contenders = [...peers(sessions, password), ...(await ironkeeps(sessions, password, foreign))];
  for (const contender of contenders) await verify(contender, sessions);
  // The first token of h3 was seen by the check.
  const runs = contenders.map(({ name, roundTrip, perSlice }) => ({
    name,
    perSlice,
    operation: perSlice === undefined ? roundTrip : (index) => roundTrip(index + 1),
  }));
  const results = await alternate(runs, ROUNDS);
  const base = results.find(({ name }) => name === peerName.webcrypto2).mainCpuMicroseconds;
  return results.map((result, index) => ({
    bytes,
    shape,
    iterations: contenders[index].iterations,
    ...result,
    timesLessMainCpu: {
      ofMedians: base.median / result.mainCpuMicroseconds.median,
      ofLeasts: base.least / result.mainCpuMicroseconds.least,
    },
  }));
}

function print({ bytes, shape }, rows) {
  const header = ["", "PBKDF2", "ops/s", "main us", "least", "all us", "least", "times less", "by least"];
  const cells = rows.map((row) => [
    row.name,
    String(row.iterations),
    short(row.opsPerSecond),
    short(row.mainCpuMicroseconds.median),
    short(row.mainCpuMicroseconds.least),
    short(row.allCpuMicroseconds.median),
    short(row.allCpuMicroseconds.least),
    `${short(row.timesLessMainCpu.ofMedians)} x`,
    `${short(row.timesLessMainCpu.ofLeasts)} x`,
  ]);
  console.log(`\n${bytes} bytes of JSON: ${SHAPES[shape]}\n${table(header, cells)}`);
}

/** Measures, prints, and gives the result as data. */
export async function run() {
  console.log(machineLine());
  console.log(
    `CPU of one seal and unseal, JSON included, one at a time. Median and least of ${ROUNDS} alternated rounds.`,
  );
  console.log(
    `"times less" compares the main thread's CPU with that of ${peerName.webcrypto2}. It is by ${mainClock}.`,
  );
  const rows = [];
  for (const group of GROUPS) {
    const measured = await measure(group);
    print(group, measured);
    rows.push(...measured);
  }
  return { area: "seal", machine: machineLine(), mainClock, rounds: ROUNDS, rows };
}
