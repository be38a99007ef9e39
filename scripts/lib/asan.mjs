// The addon under AddressSanitizer, and what a Node needs to load it.

import { copyFileSync } from "node:fs";
import { isAbsolute, join } from "node:path";

import { requireNightly } from "./require.mjs";
import { Failure, capture, root, run } from "./run.mjs";

const TARGET_DIR = join(root, "target/asan");
const ADDON = join(TARGET_DIR, "ironkeep.node");

/** The C compiler's runtime, as a library: Rust's own comes as an archive, which a Node cannot preload. */
function runtime() {
  const library = process.platform === "linux" ? capture("cc", ["-print-file-name=libasan.so"]).trim() : "";
  if (isAbsolute(library)) return library;
  throw new Failure("AddressSanitizer needs Linux, and the C compiler's libasan.so, which comes with gcc.");
}

/** Builds the addon with every access to memory checked, its C code included. */
export function buildChecked() {
  requireNightly();
  runtime();
  const [, host] = /^host: (.+)$/m.exec(capture("rustc", ["+nightly", "-vV"]));
  const env = {
    RUSTFLAGS: "-Zsanitizer=address -Zexternal-clangrt",
    [`CFLAGS_${host.replaceAll("-", "_")}`]: "-fsanitize=address -fno-omit-frame-pointer",
    CARGO_PROFILE_RELEASE_CODEGEN_UNITS: "16",
    CARGO_PROFILE_RELEASE_DEBUG: "line-tables-only",
    CARGO_PROFILE_RELEASE_LTO: "false",
    CARGO_PROFILE_RELEASE_STRIP: "none",
  };
  // With a target, the flags are not those of build scripts and macros, which run outside of a Node.
  run("cargo", ["+nightly", "build", "--release", "--lib", "--target", host, "--target-dir", TARGET_DIR], { env });
  copyFileSync(join(TARGET_DIR, host, "release/libironkeep.so"), ADDON);
}

/** The environment in which the tests and their children load that addon. */
export function checkedEnvironment() {
  return {
    IRONKEEP_TEST_ADDON: ADDON,
    LD_PRELOAD: runtime(),
    // A Node that exits frees little.
    ASAN_OPTIONS: "detect_leaks=0",
  };
}
