import { existsSync, readFileSync, rmSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";

import { Failure, bin, observe, root } from "./run.mjs";

/** How an error begins where others disturbed what a test measures: it says nothing about the code. */
const NO_READING = "Error: No reading: ";

/** How many failures of a report are none, since nothing could be measured. */
export function countUnread({ testResults }) {
  const tests = testResults.flatMap(({ assertionResults }) => assertionResults);
  return tests.filter(
    ({ status, failureMessages: [first, ...others] }) =>
      status === "failed" && others.length === 0 && first?.startsWith(NO_READING),
  ).length;
}

/** A run that failed without a failed test (it crashed, or did not compile) is one failure. */
function counted(code, { passed, failed, skipped, unread = 0 }) {
  return { passed, skipped, unread, failed: failed === 0 && unread === 0 && code !== 0 ? 1 : failed };
}

/** Runs `cargo test` and adds up the result lines of its test binaries. */
export async function cargoTest(args, env = {}) {
  const { code, stdout } = await observe("cargo", ["test", "--no-fail-fast", ...args], { env });
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const line = /^test result: .*?(\d+) passed; (\d+) failed; (\d+) ignored/gm;
  for (const [, passed, failed, ignored] of stdout.matchAll(line)) {
    counts.passed += Number(passed);
    counts.failed += Number(failed);
    counts.skipped += Number(ignored);
  }
  return counted(code, counts);
}

/** Runs vitest under `node`, whose folder comes first on PATH so that the tests' own children get it too. */
export async function vitest(args, { node = process.execPath, name = "js", env: more } = {}) {
  const report = join(root, "target/ironkeep", `vitest-${name}.json`);
  rmSync(report, { force: true });
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const env = { PATH: `${dirname(node)}${delimiter}${process.env.PATH}`, ...more };
  const { code } = await observe(node, [bin("vitest"), "run", ...reporters, ...args], { env });
  if (!existsSync(report)) return counted(code || 1, { passed: 0, failed: 0, skipped: 0 });

  const json = JSON.parse(readFileSync(report, "utf8"));
  const notRun = json.testResults.filter(
    ({ status, assertionResults }) => status === "failed" && assertionResults.every((test) => test.status !== "failed"),
  );
  const unread = countUnread(json);
  return counted(code, {
    passed: json.numPassedTests,
    failed: json.numFailedTests - unread + notRun.length,
    unread,
    skipped: json.numPendingTests + json.numTodoTests,
  });
}

async function resultOf(suite, args) {
  try {
    await suite.prepare();
    const counts = await suite.run(args);
    if (counts.passed + counts.failed > 0) return counts;
    console.error(`\n${suite.name}: no test ran.`);
  } catch (error) {
    console.error(error instanceof Failure ? `\n${error.message}` : error);
  }
  return { passed: 0, failed: 1, skipped: 0 };
}

function chosen(suites, [name, ...args]) {
  if (name === undefined) return { selected: suites, args: [] };
  const selected = suites.filter((suite) => suite.name === name);
  if (selected.length > 0) return { selected, args };
  const names = suites.map((suite) => suite.name).join(", ");
  throw new Failure(`No suite is named ${name}. There is: ${names}.`);
}

/** Runs the suites in order, or the one named first in `argv` with the arguments after it. */
export async function runSuites(suites, argv) {
  const { selected, args } = chosen(suites, argv);
  const rows = [];
  for (const suite of selected) {
    console.log(`\n== ${suite.name}`);
    rows.push({ name: suite.name, ...(await resultOf(suite, args)) });
  }

  const width = Math.max(...rows.map(({ name }) => name.length));
  console.log();
  for (const { name, passed, failed, skipped, unread = 0 } of rows) {
    const rest = skipped > 0 ? `, ${skipped} skipped` : "";
    const disturbed = unread > 0 ? `, ${unread} without a reading: others used the machine` : "";
    console.log(`${name.padEnd(width)}  ${passed} passed, ${failed} failed${rest}${disturbed}`);
  }
  const sum = (key) => rows.reduce((total, row) => total + row[key], 0);
  console.log(`${sum("passed")} passed, ${sum("failed")} failed`);
  if (sum("failed") > 0) process.exitCode = 1;
}
