import { median, summary } from "../lib/rounds.mjs";
import { ROUTES } from "./routes.mjs";

/** Rounds that are run whatever the time, after the warm-up. */
const MIN_ROUNDS = 2;

/** A cell for each route of each stack. */
export const cellsOf = (entries, newCell) => entries.flatMap((entry) => ROUTES.map((route) => newCell(entry, route)));

/** Runs every cell in turn, round after round; round 0 is a warm-up, and no round starts after `until`. */
export async function runCells(cells, { rounds, until = Infinity }) {
  const windows = cells.map(() => []);
  for (let round = 0; round <= rounds && (round <= MIN_ROUNDS || performance.now() < until); round++) {
    for (const [index, cell] of cells.entries()) {
      const window = await cell.measure(round);
      if (round > 0) windows[index].push(window);
    }
  }
  return windows;
}

/** What a route costs more than another: the median of the rounds' differences, and the difference of the leasts. */
function difference(windows, bases, key) {
  const values = (list) => list.map((window) => window[key]);
  return {
    median: median(windows.map((window, round) => window[key] - bases[round][key])),
    least: Math.min(...values(windows)) - Math.min(...values(bases)),
  };
}

const cpuOf = (windows) => ({
  allCpuMicroseconds: summary(windows.map(({ all }) => all)),
  mainCpuMicroseconds: summary(windows.map(({ main }) => main)),
});

const busyOf = (shares) =>
  Object.fromEntries(Object.keys(shares[0]).map((key) => [key, summary(shares.map((one) => one[key]))]));

/** A route's rounds as a row. `bases` are the rounds of the same process's route without a session. */
function routeRow(route, windows, bases) {
  const of = (key) => windows.map((window) => window[key]);
  return {
    route,
    rounds: windows.length,
    requests: of("requests").reduce((sum, value) => sum + value),
    requestsPerSecond: { median: median(of("requestsPerSecond")), most: Math.max(...of("requestsPerSecond")) },
    ...cpuOf(windows),
    coreBusy: windows[0].busy ? busyOf(windows.map(({ busy }) => busy)) : null,
    ofRouteWithoutSession: {
      byRequests: median(windows.map((one, round) => one.requestsPerSecond / bases[round].requestsPerSecond)),
      byCpu: median(windows.map((one, round) => bases[round].all / one.all)),
    },
    sessionCpu: route === "none" ? null : sessionCpu(windows, bases),
  };
}

/** What the session of a request costs: its route minus the route without one, round by round. */
export function sessionCpu(windows, bases) {
  return {
    allCpuMicroseconds: difference(windows, bases, "all"),
    mainCpuMicroseconds: difference(windows, bases, "main"),
  };
}

/** The rows of each stack by its name, from the windows of its cells. */
export function rowsOf(entries, windows) {
  const rows = entries.map(({ name, stack: { framework, library } }, index) => {
    const ofStack = windows.slice(index * ROUTES.length, (index + 1) * ROUTES.length);
    const bases = ofStack[ROUTES.indexOf("none")];
    return [name, { framework, library, routes: ROUTES.map((route, at) => routeRow(route, ofStack[at], bases)) }];
  });
  return Object.fromEntries(rows);
}
