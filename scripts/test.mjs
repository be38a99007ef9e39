// npm test [-- rust [cargo test arguments] | js [vitest arguments]]

import { build } from "./lib/build.mjs";
import { requireCargo, requireRedis } from "./lib/require.mjs";
import { main } from "./lib/run.mjs";
import { cargoTest, runSuites, vitest } from "./lib/suites.mjs";

const suites = [
  {
    name: "rust",
    prepare() {
      requireCargo();
      requireRedis();
    },
    run: (args) => cargoTest(["--no-default-features", "--features", "sqlite,redis", ...args]),
  },
  { name: "js", prepare: build, run: (args) => vitest(args) },
];

await main((args) => runSuites(suites, args));
