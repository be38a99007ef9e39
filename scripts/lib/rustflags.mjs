import { homedir } from "node:os";
import { join } from "node:path";

import { root } from "./run.mjs";

/** Between flags, where cargo allows blanks within one: the home of whoever builds may have some. */
const SEPARATOR = "\x1F";

const cargoHome = () => process.env.CARGO_HOME ?? join(homedir(), ".cargo");

const withoutEnd = (folder) => folder.replace(/[\\/]$/, "");

/** The folders of whoever builds, which would stand in the addon: panics name the file they are in. */
export const buildFolders = () => [homedir(), cargoHome(), root].map(withoutEnd);

/** The runtime library of C within the addon on Windows, as Node itself has it; musl's from the system, as a library needs it. */
function cRuntime(triple) {
  if (triple.endsWith("-windows-msvc")) return ["-C", "target-feature=+crt-static"];
  if (triple.endsWith("-musl")) return ["-C", "target-feature=-crt-static"];
  return [];
}

/** rustc's flags for the addon, for CARGO_ENCODED_RUSTFLAGS. That one wins over RUSTFLAGS, so what stands there is kept. */
export function encodedRustflags(triple) {
  const given = (process.env.RUSTFLAGS ?? "").split(" ").filter(Boolean);
  const remapped = [
    [root, "/ironkeep"],
    [cargoHome(), "/cargo"],
  ].map(([folder, name]) => `--remap-path-prefix=${withoutEnd(folder)}=${name}`);
  return [...given, ...remapped, ...cRuntime(triple)].join(SEPARATOR);
}
