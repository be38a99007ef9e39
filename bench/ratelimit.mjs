// Rate limits: decisions by Ironkeep's limiter and by what people have without it, in memory and in Redis, and a million
// keys in each.
//
// How to read it: a decision takes one token of a key, and says whether it is admitted, how many are left, and how long to
// wait; all three are read. Keys are addresses, visited in the same order by all. Each is a text that was never hashed, as
// one that a request brings. A function that gives a promise is awaited, as its users have to. "main us" is the CPU of the main thread
// for one decision, which is what a server's event loop has to give; "all us" that of all threads, V8's garbage collector
// included. "x ops" is Ironkeep's ops/s in times of the row's: under 1 the row is ahead. "of main" is Ironkeep's main-thread CPU
// as a share of the row's: over 1 the row takes less, and a line below the table says so. Contenders alternate; medians of the
// rounds, and "least" the least of them. "admitted" is a quota that lasts, "refused" one that is used up: rate-limiter-flexible
// rejects a promise then.
//
// What favours the peers: rate-limiter-flexible and express-rate-limit count in windows, so that twice the limit passes where two
// windows meet; theirs, limiter's and the Map's keys go nowhere before their window ends, however many a flood brings, and those of
// limiter and the Map never. Ironkeep's limiter is bounded, keeps no key but a hash that nobody can make collide, is exact to the
// microsecond and can undo a decision. A counter or a Map in JavaScript is not crossed to: with few keys they win, and the lines say by how
// much. At a million keys V8's collector walks what they hold.
//
// Redis is a server that the bench starts, with one connection for each contender. "server us" is the CPU of its main thread for
// one decision. "in flight" is how many decisions are begun before the first is made. @upstash/ratelimit has a client of its own that
// speaks HTTP to Upstash; here its scripts go over ioredis by an adapter of a few lines (bench/peers/redis-limits.mjs), which
// favours it. Leases are another promise: a process spends by itself what it drew, and draws again ahead of need. They are
// measured once each key has its first.
//
// The million: each contender is a process. "heap MB" is what of V8's heap is live, after a full collection, with what it accounts for
// outside; "RSS MB" is the resident memory as it stands, garbage included. Both are over what the process had before its first key, when its code had
// run on a hundred others: the larger of after the filling and after the load. "of RSS" is Ironkeep's as a share of the row's.
import { mainClock } from "./lib/cpu.mjs";
import { Document, machineLine } from "./lib/document.mjs";
import { printGoals } from "./lib/goals.mjs";
import { startRedis } from "./lib/redis-server.mjs";
import { inMemory, onRedis } from "./ratelimit/contenders.mjs";
import { measureGroup } from "./ratelimit/decisions.mjs";
import { goals, printGroups, printResident } from "./ratelimit/report.mjs";
import { measureResident } from "./ratelimit/resident.mjs";

const ROUNDS = 5;
const RESIDENT_ROUNDS = 3;
const DAY_MS = 86_400_000;
/** Of one key all tokens that the bench takes. */
const ENDLESS = { limit: 1_000_000_000, windowMs: DAY_MS };
/** A token comes back in 8 seconds: a key that was asked is still owing when it is asked again. */
const PLENTY = { limit: 10_000, windowMs: DAY_MS };
const USED_UP = { limit: 1, windowMs: DAY_MS };

const IN_MEMORY = [
  { keys: 1, quota: ENDLESS, inFlight: 1, isAdmitted: true },
  { keys: 10_000, quota: PLENTY, inFlight: 1, isAdmitted: true },
  { keys: 10_000, quota: USED_UP, inFlight: 1, isAdmitted: false },
];
const ON_REDIS = [1, 64].map((inFlight) => ({ keys: 10_000, quota: PLENTY, inFlight, isAdmitted: true }));

async function measureAll(title, contenders, groups, server) {
  const measured = [];
  for (const group of groups) measured.push(await measureGroup(contenders, { ...group, rounds: ROUNDS, server }));
  printGroups(title, measured);
  return measured;
}

async function measureRedis() {
  const server = await startRedis();
  try {
    return await measureAll("In Redis on this machine", onRedis, ON_REDIS, server);
  } finally {
    await server.stop();
  }
}

/** Measures, prints, and gives the result as data. */
export async function run() {
  const document = new Document("ratelimit");
  console.log(`\n${machineLine()}`);
  console.log(`CPU of the main thread by ${mainClock}. bench/ratelimit.mjs says how to read it.`);
  const result = {
    inMemory: await measureAll("In memory", inMemory, IN_MEMORY),
    onRedis: await measureRedis(),
    resident: await measureResident({ keys: 1_000_000, quota: PLENTY, rounds: RESIDENT_ROUNDS }),
  };
  printResident(result.resident);
  const goalsMet = goals(result);
  printGoals(goalsMet);
  return document.with({ rounds: ROUNDS, ...result, goals: goalsMet });
}
