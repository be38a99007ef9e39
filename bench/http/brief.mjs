// The same servers in a minute and without wrk, for the demo: what a session costs on h3, and no requests/s.
import { randomBytes } from "node:crypto";

import { machineLine } from "../lib/document.mjs";
import { makeSession } from "../lib/sessions.mjs";
import { cellsOf, rowsOf, runCells } from "./cells.mjs";
import { withEntries } from "./entries.mjs";
import { printSessionCpu } from "./report.mjs";
import { stacks } from "./stacks.mjs";

const ROUNDS = 3;
const BYTES = 1024;
const SESSIONS = 200;
const CONNECTIONS = 8;
/** Requests of a round where one is cheap, and where one derives keys. */
const MANY = 800;
const FEW = 20;

function briefCell({ stack, server, jar }, route, client) {
  const count = stack.isSlow && route !== "none" ? FEW : MANY;
  const cookies = Array.from({ length: count }, (_, index) => `${jar.name}=${jar.values[index % jar.values.length]}`);
  return { measure: () => server.during(() => client.all(`${server.origin}/${route}`, cookies)) };
}

/** Measures h3's own sessions and Ironkeep's on both majors, and prints what they cost. */
export async function briefly() {
  const { h3v2, ironkeepOnV2, h3v1, ironkeepOnV1 } = stacks;
  const sessions = Array.from({ length: SESSIONS }, (_, index) => makeSession("token", index, BYTES));
  const options = {
    stacks: { h3v2, ironkeepOnV2, h3v1, ironkeepOnV1 },
    sessions,
    password: randomBytes(32).toString("base64"),
    connections: CONNECTIONS,
  };
  const rows = await withEntries(options, async (entries, client) => {
    const cells = cellsOf(entries, (entry, route) => briefCell(entry, route, client));
    return rowsOf(entries, await runCells(cells, { rounds: ROUNDS }));
  });
  console.log(`\n${machineLine()}`);
  console.log(
    `A server process asked by HTTP, sessions of ${BYTES} bytes of JSON, median and least of ${ROUNDS} alternated rounds.\n` +
      "`npm run bench -- http` measures it with care.",
  );
  printSessionCpu(Object.values(rows));
}
