// npm run audit: known vulnerabilities in what Ironkeep depends on. It asks databases on the network, so `check` does not.

import { ensureDependencies, requireCargo } from "./lib/require.mjs";
import { Failure, main, run } from "./lib/run.mjs";
import { cargoDeny } from "./lib/tools.mjs";

const npm = (...args) => run("npm", args, { shell: process.platform === "win32" });

const audits = [
  ["crates", () => run(cargoDeny(), ["--locked", "check", "advisories"])],
  ["npm, at run time", () => npm("audit", "--omit=dev")],
  // What builds and tests sees no user's data: only what could change a release counts.
  ["npm, to build and test", () => npm("audit", "--audit-level=high")],
];

await main(() => {
  requireCargo();
  ensureDependencies();
  const failed = audits.filter(([name, audit]) => {
    console.log(`\n== ${name}`);
    try {
      audit();
      return false;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      console.error(error.message);
      return true;
    }
  });
  if (failed.length > 0) throw new Failure(`Failed: ${failed.map(([name]) => name).join("; ")}`);
});
