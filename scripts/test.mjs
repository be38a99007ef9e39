// npm test [-- rust [cargo test arguments] | js [vitest arguments]]

import { build } from "./lib/build.mjs";
import { requireCargo, requireRedis } from "./lib/require.mjs";
import { main } from "./lib/run.mjs";
import { cargoTest, runSuites, vitest } from "./lib/suites.mjs";

// There is no Redis for Windows.
const stores = process.platform === "win32" ? ["sqlite"] : ["sqlite", "redis"];

function requireServers() {
  if (stores.includes("redis")) requireRedis();
}

const suites = [
  {
    name: "rust",
    prepare() {
      requireCargo();
      requireServers();
    },
    run: (args) => cargoTest(["--no-default-features", "--features", stores.join(), ...args]),
  },
  {
    name: "js",
    prepare() {
      requireServers();
      return build();
    },
    run: (args) => vitest(args),
  },
];

await main((args) => runSuites(suites, args));
