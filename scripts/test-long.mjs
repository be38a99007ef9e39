// npm run test:long [-- SUITE [arguments]]: what takes minutes.
//
// The other Nodes are npm packages in a folder of their own: among the root's packages they would
// shadow `node` in every npm script.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { buildChecked, checkedEnvironment } from "./lib/asan.mjs";
import { build } from "./lib/build.mjs";
import { fuzz } from "./lib/fuzz.mjs";
import { ensureDependencies, requireCargo, requireNightly, requireRedis } from "./lib/require.mjs";
import { main, root } from "./lib/run.mjs";
import { cargoTest, runSuites, vitest } from "./lib/suites.mjs";

/**
 * How many cases the properties in Rust have; how many mutants of tokens are tried, with keys at hand and by deriving
 * them; how many decisions threads ask of one limiter, and how many keys flood one.
 */
const CASES = {
  PROPTEST_CASES: "20000",
  WARM_MUTATIONS: "10000000",
  COLD_MUTATIONS: "20000",
  LIMIT_DECISIONS: "1000000",
  LIMIT_FLOOD_KEYS: "10000000",
};
/** The measurement of comparisons, with the profile that is shipped. */
const COMPARISONS = ["--release", "--no-default-features", "--features", "constant-time", "--test", "constant_time"];
/** What the addon is checked with. The test of panics builds an addon of its own, with a compiler that cannot be preloaded. */
const CHECKED = ["__test__/iron", "__test__/h3", "__test__/hostile"];
/** Everything takes several times as long under AddressSanitizer. */
const CHECKED_OPTIONS = ["--testTimeout=120000", "--exclude=**/panics.test.ts"];
const LONG = ["--config", "vitest.long.config.ts"];
/** What is built with Nuxt, which needs this Node. */
const NUXT_TESTS = "__test__/nuxt";
const NUXT_NODE = "node22";
/** Apps that are built, and driven over HTTP. */
const APPS = "__test__/apps";
const nodesFolder = join(root, "__test__/nodes/versions");

function otherNodes() {
  const manifest = join(nodesFolder, "package.json");
  if (!existsSync(manifest)) return [];
  return Object.keys(JSON.parse(readFileSync(manifest, "utf8")).dependencies);
}

const nodeNamed = (name) => join(nodesFolder, "node_modules", name, "bin/node");

async function prepareNodes() {
  await build();
  ensureDependencies(nodesFolder);
}

async function prepareChecked() {
  await build();
  buildChecked();
}

const suites = [
  {
    name: "rust-properties",
    prepare: requireCargo,
    run: (args) => cargoTest(["--release", "--no-default-features", ...args], CASES),
  },
  {
    name: "rust-redis",
    prepare() {
      requireCargo();
      requireRedis();
    },
    run: (args) =>
      cargoTest(["--no-default-features", "--features", "redis", "--lib", "redis::", ...args], {
        REDIS_DROPPED_CALLS: "200000",
      }),
  },
  {
    name: "constant-time",
    prepare: requireCargo,
    // One at a time: a measurement beside another measures that one too.
    run: (args) => cargoTest([...COMPARISONS, ...args, "--", "--test-threads=1", "--nocapture"]),
  },
  { name: "fuzz", prepare: requireNightly, run: fuzz },
  ...otherNodes().map((name) => ({
    name: `js-${name}`,
    prepare: prepareNodes,
    run: (args) => vitest(args, { name, node: nodeNamed(name) }),
  })),
  {
    name: "js-long",
    prepare: build,
    // What is built is in suites of its own.
    run: (args) => vitest([...LONG, `--exclude=${APPS}/**`, `--exclude=${NUXT_TESTS}/**`, ...args], { name: "long" }),
  },
  {
    name: "apps",
    prepare() {
      requireRedis();
      return build();
    },
    run: (args) => vitest([...LONG, ...(args.length > 0 ? args : [APPS])], { name: "apps" }),
  },
  {
    name: "nuxt",
    prepare: prepareNodes,
    run: (args) =>
      vitest([...LONG, ...(args.length > 0 ? args : [NUXT_TESTS])], { name: "nuxt", node: nodeNamed(NUXT_NODE) }),
  },
  {
    name: "asan",
    prepare: prepareChecked,
    run: (args) =>
      vitest([...CHECKED_OPTIONS, ...(args.length > 0 ? args : CHECKED)], { name: "asan", env: checkedEnvironment() }),
  },
];

await main((args) => runSuites(suites, args));
