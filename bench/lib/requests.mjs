// The CPU that a request's session costs a server: a process of its own, asked by HTTP, minus the same route without one.
import { fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { Agent, get } from "node:http";
import { fileURLToPath } from "node:url";

import { machineLine, mainClock } from "./cpu.mjs";
import { foreignTokens } from "./foreign.mjs";
import { peerName } from "./peers.mjs";
import { median } from "./rounds.mjs";
import { makeSession } from "./sessions.mjs";
import { short, table } from "./table.mjs";

const SERVER = fileURLToPath(new URL("request-server.mjs", import.meta.url));
/** Requests under way at once. */
const CONNECTIONS = 8;
/** Requests of a round where one is cheap, and where one derives keys. */
const MANY = 1000;
const FEW = 25;
/** Bytes of JSON in a session. */
const BYTES = 400;

class Server {
  #process;
  #agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });

  static async start(password) {
    const server = new Server();
    server.#process = fork(SERVER, { env: { ...process.env, SESSION_PASSWORD: password }, stdio: "inherit" });
    const [origins] = await Promise.race([
      once(server.#process, "message"),
      once(server.#process, "exit").then(([code]) => {
        throw new Error(`The server that is measured ended with ${code}`);
      }),
    ]);
    server.origins = origins;
    return server;
  }

  async cpu() {
    this.#process.send("cpu");
    const [times] = await once(this.#process, "message");
    return times;
  }

  /** One request. It is an error when the session is not the one in the cookie. */
  #request(url, token) {
    const headers = { cookie: `h3=${token}` };
    return new Promise((resolve, reject) => {
      get(url, { agent: this.#agent, headers }, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk) => (text += chunk));
        response.on("end", () => {
          if (response.statusCode === 200 && /^(Grace Hopper|Zoë Müller)$/.test(text)) resolve();
          else reject(new Error(`${url} answered ${response.statusCode} ${text}`));
        });
      }).on("error", reject);
    });
  }

  /** As many requests as `tokens`, {@link CONNECTIONS} at a time. Gives the server's CPU for each, in microseconds. */
  async load(url, tokens) {
    const before = await this.cpu();
    let next = 0;
    const client = async () => {
      while (next < tokens.length) await this.#request(url, tokens[next++]);
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, client));
    const after = await this.cpu();
    return {
      main: (after.main - before.main) / tokens.length,
      all: (after.all - before.all) / tokens.length,
    };
  }

  stop() {
    this.#agent.destroy();
    this.#process.disconnect();
    this.#process.kill();
  }
}

const repeat = (tokens, count) => Array.from({ length: count }, (_, index) => tokens[index % tokens.length]);

/** What is asked for in each round; round 0 is the warm-up. */
async function plan(password, rounds) {
  const sessions = Array.from({ length: FEW * (rounds + 1) }, (_, index) => makeSession("token", index, BYTES));
  const [v1, v2, own] = await Promise.all([
    foreignTokens("h3 v1", sessions.slice(0, FEW), { password }),
    foreignTokens("h3 v2", sessions, { password }),
    foreignTokens("ironkeep", sessions.slice(0, FEW), { password }),
  ]);
  const always = (tokens, count) => () => repeat(tokens, count);
  return [
    {
      major: "v2",
      base: always(own, MANY),
      routes: [
        { name: `${peerName.h3v2}: its own useSession, 8192 iterations`, path: "/h3", tokens: always(v2, FEW) },
        {
          name: "  Ironkeep, cookies of h3, each seen for the first time",
          path: "/ironkeep",
          tokens: (round) => v2.slice(round * FEW, (round + 1) * FEW),
        },
        {
          name: "  Ironkeep, cookies of h3, seen before",
          path: "/ironkeep",
          tokens: always(v2.slice(0, FEW), MANY),
        },
        { name: "  Ironkeep, cookies of Ironkeep", path: "/ironkeep", tokens: always(own, MANY) },
      ],
    },
    {
      major: "v1",
      base: always(v1, MANY),
      routes: [
        { name: `${peerName.h3v1}: its own useSession, 1 iteration`, path: "/h3", tokens: always(v1, MANY) },
        { name: "  Ironkeep, the same cookies", path: "/ironkeep", tokens: always(v1, MANY) },
      ],
    },
  ];
}

/** Runs every route in turn, round after round. Each gives what it costs more than the base of the same round. */
async function measureMajor(server, { major, base, routes }, rounds) {
  const origin = server.origins[major];
  const bases = [];
  const costs = routes.map(() => []);
  for (let round = 0; round <= rounds; round++) {
    const without = await server.load(`${origin}/none`, base(round));
    if (round > 0) bases.push(without);
    for (const [index, { path, tokens }] of routes.entries()) {
      const cost = await server.load(origin + path, tokens(round));
      if (round > 0) costs[index].push({ main: cost.main - without.main, all: cost.all - without.all });
    }
  }
  const row = (name, values) => ({
    name,
    mainCpuMicroseconds: median(values.map(({ main }) => main)),
    allCpuMicroseconds: median(values.map(({ all }) => all)),
  });
  return {
    major,
    withoutSession: row(`that route, on h3 ${major}`, bases),
    sessions: routes.map(({ name }, index) => row(name, costs[index])),
  };
}

/** Measures what the session of a request costs, in `rounds` rounds. */
export async function measureRequests({ rounds }) {
  const password = randomBytes(32).toString("base64");
  const majors = await plan(password, rounds);
  const server = await Server.start(password);
  try {
    const results = [];
    for (const major of majors) results.push(await measureMajor(server, major, rounds));
    return { area: "request", machine: machineLine(), mainClock, rounds, bytes: BYTES, results };
  } finally {
    server.stop();
  }
}

/** Prints what {@link measureRequests} gave. */
export function printRequests({ machine, rounds, bytes, results }) {
  console.log(`\n${machine}`);
  console.log(
    `CPU that reading the session adds to a request, in microseconds: that of a server process asked by HTTP, minus what\n` +
      `it uses for the same request on a route that reads no session. ${bytes} bytes of JSON in a session, median of ${rounds} alternated rounds.\n`,
  );
  const rows = results.flatMap(({ withoutSession, sessions }) => [
    ...sessions.map((row) => cells(row, "+")),
    cells({ ...withoutSession, name: `(${withoutSession.name})` }, ""),
  ]);
  console.log(table(["", "all threads", "main thread"], rows));
}

function cells({ name, allCpuMicroseconds, mainCpuMicroseconds }, sign) {
  return [name, ...[allCpuMicroseconds, mainCpuMicroseconds].map((value) => (value < 0 ? "" : sign) + short(value))];
}
