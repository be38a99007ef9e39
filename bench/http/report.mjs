import { short, table } from "../lib/table.mjs";
import { peerName } from "../lib/versions.mjs";

/** Under this share of its core's time the server was not at its limit, and requests/s say little. */
export const BUSY_GOAL = 0.95;

const isUnder = ({ coreBusy }) => coreBusy.withNetwork.median < BUSY_GOAL;
const percent = (share) => `${(share.median * 100).toFixed(0)} %`;
const signed = (value) => (value < 0 ? "" : "+") + short(value);

/** The cells whose server did not have its core to itself, or had nothing to do. */
export const underGoal = (rows) =>
  rows.flatMap(({ framework, library, routes }) =>
    routes
      .filter(isUnder)
      .map(({ route, coreBusy }) => ({ framework, library, route, busy: coreBusy.withNetwork.median })),
  );

/** Every cell: requests, CPU for each, and how much of its core the server had. */
export function printRoutes(rows) {
  const header = ["", "req/s", "busy", "with others", "all us", "least", "main us", "least", "of none", "by CPU"];
  const lines = rows.flatMap(({ framework, library, routes }) => [
    [`${framework}: ${library}`, ...header.slice(1).map(() => "")],
    ...routes.map((row) => [
      `  ${row.route}`,
      short(row.requestsPerSecond.median),
      (isUnder(row) ? "UNDER " : "") + percent(row.coreBusy.withNetwork),
      percent(row.coreBusy.withOthers),
      short(row.allCpuMicroseconds.median),
      short(row.allCpuMicroseconds.least),
      short(row.mainCpuMicroseconds.median),
      short(row.mainCpuMicroseconds.least),
      row.ofRouteWithoutSession.byRequests.toFixed(3),
      row.ofRouteWithoutSession.byCpu.toFixed(3),
    ]),
  ]);
  console.log(`\n${table(header, lines)}`);
  const count = underGoal(rows).length;
  const limit = `${BUSY_GOAL * 100} %`;
  console.log(
    count === 0
      ? `The server kept its core at least ${limit} busy in every cell.`
      : `In ${count} cells the server had its core for less than ${limit}: there req/s are not its limit.`,
  );
}

/** What a session costs: the CPU of its route minus that of the route without one. */
export function printSessionCpu(rows, firstSeen) {
  const cells = ({ allCpuMicroseconds: all, mainCpuMicroseconds: main }) => [
    signed(all.median),
    signed(all.least),
    signed(main.median),
    signed(main.least),
  ];
  const header = ["", "", "all us", "least", "main us", "least"];
  const lines = rows.flatMap(({ framework, library, routes }) =>
    routes
      .filter(({ sessionCpu }) => sessionCpu)
      .map(({ route, sessionCpu }) => [`${framework}: ${library}`, route, ...cells(sessionCpu)]),
  );
  if (firstSeen) {
    lines.push([`${peerName.h3v2}: Ironkeep, cookies of h3 first seen`, "read", ...cells(firstSeen.sessionCpu)]);
  }
  console.log(`\nCPU of the session: its route minus the route without one, in microseconds\n${table(header, lines)}`);
}

/** The goals, and how far they are met; `rows` by the names of the stacks. */
export function goals({ h3v2, ironkeepOnV2, h3v1, ironkeepOnV1 }) {
  const update = ({ routes }) => routes.find(({ route }) => route === "update");
  const timesLess = (peer, ours) => {
    const cpu = (row) => update(row).sessionCpu.allCpuMicroseconds;
    return { value: cpu(peer).median / cpu(ours).median, byLeast: cpu(peer).least / cpu(ours).least };
  };
  return [
    {
      text: `session CPU of an update, times less than ${peerName.h3v2}'s`,
      atLeast: 350,
      ...timesLess(h3v2, ironkeepOnV2),
    },
    {
      text: `session CPU of an update, times less than ${peerName.h3v1}'s`,
      atLeast: 10,
      ...timesLess(h3v1, ironkeepOnV1),
    },
    {
      text: `requests/s of the update on ${peerName.h3v2}, of the route without a session`,
      atLeast: 0.42,
      value: update(ironkeepOnV2).ofRouteWithoutSession.byRequests,
      byCpu: update(ironkeepOnV2).ofRouteWithoutSession.byCpu,
    },
  ].map((goal) => ({ ...goal, met: goal.value >= goal.atLeast }));
}

/** Prints what {@link goals} gave. */
export function printGoals(list) {
  console.log("\nGoals, for all threads:");
  for (const { text, atLeast, value, byLeast, byCpu, met } of list) {
    const other = byLeast === undefined ? `by CPU ${short(byCpu)}` : `by least ${short(byLeast)}`;
    console.log(`  ${text}: ${short(value)} (${other}); at least ${atLeast}: ${met ? "met" : "NOT MET"}`);
  }
}
