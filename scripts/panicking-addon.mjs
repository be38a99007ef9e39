// node scripts/panicking-addon.mjs: builds the addon that panics where a test asks for it, if need be, and prints its path
// as the last line. It is of cargo's `dev` profile, whose dependencies the Rust tests and the lints share.

import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";

import { addonSources } from "./lib/build.mjs";
import { once } from "./lib/once.mjs";
import { requireCargo } from "./lib/require.mjs";
import { Failure, capture, main, root } from "./lib/run.mjs";

const FOLDER = "target/ironkeep/panicking";
const ADDON = `${FOLDER}/ironkeep.node`;

/** The path of the library that cargo made: its name depends on the platform. */
function libraryOf(messages) {
  const artifacts = messages
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line))
    .filter(({ reason, target }) => reason === "compiler-artifact" && target.crate_types.includes("cdylib"));
  const library = artifacts.flatMap(({ filenames }) => filenames).find((name) => /\.(?:so|dylib|dll)$/.test(name));
  if (library === undefined) throw new Failure("cargo made no library.");
  return library;
}

await main(async () => {
  requireCargo();
  const step = { name: "panicking-addon", ...addonSources(), outputs: () => [ADDON] };
  await once(step, () => {
    const messages = ["--message-format", "json-render-diagnostics"];
    const library = libraryOf(capture("cargo", ["build", "--lib", "--features", "inject-panics", ...messages]));
    mkdirSync(join(root, FOLDER), { recursive: true });
    copyFileSync(library, join(root, ADDON));
  });
  console.log(join(root, ADDON));
});
