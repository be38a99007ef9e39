// npm run check [-- NAME ...]: every check that is not a test. npm run fmt: those that can repair, repair.

import { build } from "./lib/build.mjs";
import { requireCommitted } from "./lib/generated.mjs";
import { ensureDependencies, requireCargo } from "./lib/require.mjs";
import { Failure, bin, main, run } from "./lib/run.mjs";
import { cargoDeny, typos } from "./lib/tools.mjs";

const node = (packageName, name, ...args) => run(process.execPath, [bin(packageName, name), ...args]);
const cargo = (...args) => run("cargo", args);
const clippy = (...args) => cargo("clippy", ...args, "--", "-D", "warnings");

function rustfmt(...args) {
  for (const manifest of ["Cargo.toml", "fuzz/Cargo.toml"]) cargo("fmt", "--manifest-path", manifest, ...args);
}

const checks = [
  {
    name: "generated",
    async run() {
      await build();
      requireCommitted();
    },
  },
  { name: "rustfmt", run: () => rustfmt("--check"), fix: () => rustfmt() },
  // Without its tests: there napi's macros register nothing, and every export would be dead code.
  { name: "clippy", run: () => clippy() },
  { name: "clippy-panics", run: () => clippy("--features", "inject-panics") },
  {
    name: "clippy-core",
    run: () => clippy("--no-default-features", "--features", "bench,constant-time", "--all-targets"),
  },
  { name: "clippy-stores", run: () => clippy("--no-default-features", "--features", "sqlite,redis", "--all-targets") },
  {
    name: "oxlint",
    run: () => node("oxlint", "oxlint", "--deny-warnings", "--report-unused-disable-directives"),
    fix: () => node("oxlint", "oxlint", "--fix"),
  },
  {
    name: "oxfmt",
    run: () => node("oxfmt", "oxfmt", "--check"),
    fix: () => node("oxfmt", "oxfmt"),
  },
  { name: "types", run: () => node("typescript", "tsc", "-p", "tsconfig.json", "--noEmit") },
  { name: "test-types", run: () => node("typescript", "tsc", "-p", "__test__") },
  { name: "publint", run: () => node("publint", "publint", "--strict") },
  { name: "typos", run: () => run(typos(), []) },
  {
    name: "cargo-deny",
    run: () => run(cargoDeny(), ["--locked", "check", "licenses", "bans", "sources"]),
  },
];

async function resultOf({ name, action }) {
  console.log(`\n== ${name}`);
  const start = process.hrtime.bigint();
  let passed = true;
  try {
    await action();
  } catch (error) {
    console.error(error instanceof Failure ? error.message : error);
    passed = false;
  }
  return { name, passed, seconds: Number(process.hrtime.bigint() - start) / 1e9 };
}

function selected(args) {
  const names = args.filter((arg) => !arg.startsWith("--"));
  const unknown = names.filter((name) => !checks.some((check) => check.name === name));
  if (unknown.length > 0) throw new Failure(`No check is named ${unknown.join(", ")}.`);
  return checks
    .map((check) => ({ name: check.name, action: args.includes("--fix") ? check.fix : check.run }))
    .filter(({ name, action }) => action !== undefined && (names.length === 0 || names.includes(name)));
}

await main(async (args) => {
  const steps = selected(args);
  requireCargo();
  ensureDependencies();
  const rows = [];
  for (const step of steps) rows.push(await resultOf(step));

  const width = Math.max(...rows.map(({ name }) => name.length));
  console.log();
  for (const { name, passed, seconds } of rows) {
    console.log(`${name.padEnd(width)}  ${passed ? "ok    " : "FAILED"}  ${seconds.toFixed(1)} s`);
  }
  const failed = rows.filter((row) => !row.passed).length;
  console.log(`${rows.length - failed} passed, ${failed} failed`);
  if (failed > 0) process.exitCode = 1;
});
