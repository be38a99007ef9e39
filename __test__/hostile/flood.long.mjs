// node flood.long.mjs [RUNS]: floods a real server with forged cookies of 8192 iterations, beside honest traffic, and judges
// what its visitors feel. A measurement: server, flood and visitors share the machine.

import { fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { loadavg } from "node:os";
import { fileURLToPath } from "node:url";

const FORGED_PER_SECOND = 500;
const SECONDS = 20;
const IDLE_SECONDS = 10;
const LIMITS = { delayMs: 10, slowdown: 3, firstSeenMs: 500 };
const runs = Number(process.argv[2] ?? 3);

function start(script, args, password) {
  const file = fileURLToPath(new URL(`flood/${script}`, import.meta.url));
  return fork(file, args.map(String), {
    env: { ...process.env, SESSION_PASSWORD: password },
    stdio: ["ignore", "pipe", "inherit", "ipc"],
  });
}

async function ask(child, message) {
  const answered = once(child, "message");
  child.send(message);
  return (await answered)[0];
}

function percentile(answers, share) {
  const times = answers.map(({ ms }) => ms).toSorted((a, b) => a - b);
  return times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? Number.NaN;
}

function userOf({ status, body }) {
  return status === 200 ? JSON.parse(body).user : undefined;
}

/** How first-seen visitors were answered. Another user, or none, is the worst of it. */
function firstSeen(answers) {
  const counts = { seen: 0, late: 0, busy: 0, signedOut: 0, other: 0, p99: percentile(answers, 0.99) };
  for (const answer of answers) {
    if (userOf(answer) === answer.expected) counts[answer.ms <= LIMITS.firstSeenMs ? "seen" : "late"]++;
    else if (answer.status === 200) counts.signedOut++;
    else if (answer.status === 503 && answer.retryAfter && !answer.setsCookie) counts.busy++;
    else counts.other++;
  }
  return counts;
}

async function measure() {
  const password = randomBytes(32).toString("base64url");
  const server = start("server.mjs", [], password);
  const [{ port }] = await once(server, "message");
  const visitors = start("visitors.mjs", [port], password);
  try {
    await ask(visitors, ["warm"]);
    await ask(visitors, ["prepare", SECONDS]);
    server.send("start");
    const idle = await ask(visitors, ["idle", IDLE_SECONDS]);
    const idleDelay = await ask(server, "stop");

    const load = loadavg();
    server.send("start");
    const forger = start("forger.mjs", [port, FORGED_PER_SECOND, SECONDS], password);
    const parts = [];
    forger.stdout.on("data", (part) => parts.push(part));
    const flooded = await ask(visitors, ["flooded", SECONDS]);
    const delay = await ask(server, "stop");
    await once(forger, "close");
    return { idle, idleDelay, flooded, delay, forged: JSON.parse(Buffer.concat(parts).toString()), load };
  } finally {
    visitors.kill();
    server.kill();
  }
}

let passed = 0;
let failed = 0;
function check(what, isMet) {
  if (isMet) passed++;
  else failed++;
  console.log(`  ${isMet ? "ok    " : "FAILED"} ${what}`);
}

const number = (value) => value.toFixed(2);

for (let run = 1; run <= runs; run++) {
  const { idle, idleDelay, flooded, delay, forged, load } = await measure();
  const [before, after] = [percentile(idle.known, 0.99), percentile(flooded.known, 0.99)];
  const ours = firstSeen(flooded.ours);
  const h3s = firstSeen(flooded.h3s);
  const known = firstSeen(flooded.known);
  console.log(`run ${run}, load before ${load.map(number).join(" ")}, after ${loadavg().map(number).join(" ")}`);
  console.log(`  forged: ${JSON.stringify(forged)}`);
  console.log(
    `  event loop, idle p50 ${number(idleDelay.p50)} p99 ${number(idleDelay.p99)} max ${number(idleDelay.max)} ms`,
  );
  console.log(`  known: ${JSON.stringify(known)}, p50 ${number(percentile(flooded.known, 0.5))} ms`);
  console.log(`  first seen, ours: ${JSON.stringify(ours)}`);
  console.log(`  first seen, h3's: ${JSON.stringify(h3s)}`);
  check(
    `event loop, flooded: p50 ${number(delay.p50)} p99 ${number(delay.p99)} max ${number(delay.max)} ms, at most ${LIMITS.delayMs}`,
    delay.p99 <= LIMITS.delayMs,
  );
  check(
    `known cookies: p99 ${number(before)} ms idle, ${number(after)} ms flooded, at most ${LIMITS.slowdown} times`,
    after <= before * LIMITS.slowdown && known.seen + known.late === flooded.known.length,
  );
  const both = [ours, h3s];
  check(
    "first-seen cookies: within 500 ms, or 503 with Retry-After and no cookie",
    both.every(({ late, other }) => late + other === 0),
  );
  check(
    "nobody is answered as signed out, and no forged cookie opens",
    [...both, known].every(({ signedOut }) => signedOut === 0) && forged.opened === 0,
  );
  check(
    `all ${FORGED_PER_SECOND * SECONDS} forged cookies were sent and answered`,
    forged.sent === FORGED_PER_SECOND * SECONDS && !forged.statuses[0],
  );
}
console.log(`${passed} passed, ${failed} failed`);
if (failed > 0) process.exitCode = 1;
