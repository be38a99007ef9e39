// Sessions on real servers: routes without a session, that read one, and that change one, on h3 1 and 2 with h3's own
// sessions and with Ironkeep's, beside iron-session on node:http and @fastify/secure-session on fastify.
//
// How to read it: each stack is a process bound to a core of its own, asked over 32 kept connections by wrk on another
// core, with the cookies of 10,000 distinct sessions of 1 KB. "all us" and "main us" are the server's own CPU for each
// request, measured inside of it: of all threads, and of the main one. They hold on a machine that is shared. req/s hold
// only where the server had its core: "busy" is the share of the core's time that went to the server and to the kernel's
// interrupts for it, and is flagged under 95 %; "with others" adds what neighbours took. "of none" compares req/s with the
// same process's route without a session, round by round, and "by CPU" says the same of the server's own CPU.
//
// The load's core is kept from falling asleep, where it shares no hardware with the server's: see keepAwake.
//
// "CPU of the session" is a route minus the route without one. Warm means that Ironkeep has the keys of the day: only the
// row "cookies of h3 first seen" derives any, two for each request, off the event loop. There Node's own client asks.
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

import { cellsOf, rowsOf, runCells, sessionCpu } from "./http/cells.mjs";
import { bindTo, chooseCores, keepAwake } from "./http/cores.mjs";
import { withEntries } from "./http/entries.mjs";
import { BUSY_GOAL, goals, printGoals, printRoutes, printSessionCpu, underGoal } from "./http/report.mjs";
import { ROUTES } from "./http/routes.mjs";
import { stacks } from "./http/stacks.mjs";
import { CONNECTIONS, requireWrk, underLoad } from "./http/wrk.mjs";
import { Document, machineLine } from "./lib/document.mjs";
import { foreignTokens } from "./lib/foreign.mjs";
import { SESSIONS, makeSessions } from "./lib/sessions.mjs";

const ROUNDS = 7;
/** This long after the start no further round starts: with the one under way it stays within eight minutes. */
const STARTS_WITHIN_MS = 390_000;
/** How long a cell is measured, and one whose requests take tens of milliseconds. */
const WINDOW_MS = 1700;
const SLOW_WINDOW_MS = 4000;
const BYTES = 1024;
/** Cookies of h3 in a round, each opened once. They take some ten milliseconds each to make. */
const FIRST_SEEN = 80;

/** A route of a stack under wrk. Each load goes on with the cookies where the last one of the cell stopped. */
function wrkCell({ stack, server, jar }, route, core) {
  let first = 0;
  const milliseconds = stack.isSlow && route !== "none" ? SLOW_WINDOW_MS : WINDOW_MS;
  return {
    async measure() {
      const before = await server.requests();
      const load = { core, url: `${server.origin}/${route}`, jar, first };
      const window = await underLoad(load, () => server.during(() => sleep(milliseconds)));
      first = (first + (await server.requests()) - before) % jar.values.length;
      return window;
    },
  };
}

/** Reading cookies of h3 on Ironkeep, each once. */
function firstSeenCell({ server }, client, tokens) {
  const cookies = tokens.map((token) => `h3=${token}`);
  return {
    measure(round) {
      const ofRound = cookies.slice(round * FIRST_SEEN, (round + 1) * FIRST_SEEN);
      return server.during(() => client.all(`${server.origin}/read`, ofRound));
    },
  };
}

/** Measures all cells, and gives the rows of the stacks by name and that of the cookies first seen. */
async function measure(cores, until) {
  const password = randomBytes(32).toString("base64");
  const sessions = makeSessions("token", BYTES);
  const tokens = await foreignTokens("h3 v2", sessions.slice(0, FIRST_SEEN * (ROUNDS + 1)), { password });
  const options = { stacks, sessions, password, core: cores.server, connections: CONNECTIONS };
  return withEntries(options, async (entries, client) => {
    bindTo(cores.load);
    const sleepAgain = cores.shareHardware ? undefined : keepAwake(cores.load);
    const reader = entries.findIndex(({ name }) => name === "ironkeepOnV2");
    const cells = cellsOf(entries, (entry, route) => wrkCell(entry, route, cores.load));
    cells.push(firstSeenCell(entries[reader], client, tokens));
    const windows = await runCells(cells, { rounds: ROUNDS, until }).finally(sleepAgain);
    const withoutSession = windows[reader * ROUTES.length + ROUTES.indexOf("none")];
    const firstSeen = { cookiesInARound: FIRST_SEEN, sessionCpu: sessionCpu(windows.at(-1), withoutSession) };
    return { rows: rowsOf(entries, windows), firstSeen };
  });
}

function print(rows, firstSeen, goalsMet, cores) {
  console.log(`\n${machineLine()}`);
  console.log(
    `A server on core ${cores.server}, wrk with ${CONNECTIONS} connections on core ${cores.load}, sessions of ${BYTES} bytes of JSON, warm. Medians of\n` +
      `${rows[0].routes[0].rounds} alternated rounds. bench/http.mjs says how to read it.`,
  );
  printRoutes(rows);
  printSessionCpu(rows, firstSeen);
  printGoals(goalsMet);
}

/** Measures, prints, and gives the result as data. */
export async function run() {
  requireWrk();
  const cores = chooseCores();
  const document = new Document("http");
  const measured = await measure(cores, performance.now() + STARTS_WITHIN_MS);
  const rows = Object.values(measured.rows);
  const goalsMet = goals(measured.rows);
  print(rows, measured.firstSeen, goalsMet, cores);
  return document.with({
    rounds: rows[0].routes[0].rounds,
    roundsWanted: ROUNDS,
    bytes: BYTES,
    distinctSessions: SESSIONS,
    connections: CONNECTIONS,
    cores,
    stacks: rows,
    firstSeen: measured.firstSeen,
    busyGoal: BUSY_GOAL,
    underBusyGoal: underGoal(rows),
    goals: goalsMet,
  });
}
