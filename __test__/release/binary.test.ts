import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { basename, join } from "node:path";

import { describe, expect, it } from "vitest";

import { builtBinary } from "../_pack.ts";
import { fakeBinary } from "./_fakes.ts";
import { MAX_BYTES, binaryFaults, binaryOf, glibcNeeded, targets } from "./_scripts.ts";

const X64 = "x86_64-unknown-linux-gnu";
const MUSL = "x86_64-unknown-linux-musl";

describe("a binary to publish", () => {
  it.each(targets)("may be one for %s, and for nothing else", (target) => {
    const bytes = fakeBinary(target);
    // gnu and musl differ in what they link, and no header says it.
    const kind = (name: string) => name.replace(/-(?:gnu|musl)$/, "");
    const takers = targets.filter((other) => binaryFaults(bytes, other).length === 0);
    expect(takers).toEqual(targets.filter((other) => kind(other) === kind(target)));
  });

  it("is no text", () => {
    expect(binaryFaults(Buffer.from("not found"), X64)).toEqual([
      "it is made for an unknown system, an unknown processor",
    ]);
  });

  it("needs no newer glibc than Node does, and musl none", () => {
    const content = "GLIBC_2.3.4\0GLIBC_2.28\0GLIBC_2.9";
    expect(glibcNeeded(fakeBinary(X64, content))).toBe("2.28");
    expect(binaryFaults(fakeBinary(X64, content), X64)).toEqual([]);
    expect(binaryFaults(fakeBinary(X64, "GLIBC_2.29"), X64)).toEqual(["it needs glibc 2.29, which is newer than 2.28"]);
    expect(binaryFaults(fakeBinary(MUSL, "GLIBC_2.2.5"), MUSL)).toEqual(["it is linked with glibc"]);
  });

  it("has a bounded size", () => {
    const faults = binaryFaults(fakeBinary(X64, "x".repeat(MAX_BYTES)), X64);
    expect(faults).toEqual([expect.stringMatching(/^it has \d+ bytes, more than 8388608$/)]);
  });

  it("names no folder of the machine that built it", () => {
    const path = join(homedir(), ".cargo/registry/src/ring/src/lib.rs");
    expect(binaryFaults(fakeBinary(X64, path), X64)).toContain(
      `it names a folder of the machine that built it: ${homedir()}`,
    );
  });
});

describe("the binary that was built here", () => {
  it("could be published, but for its glibc, which is this system's", () => {
    const binary = builtBinary();
    const target = targets.find((name) => binaryOf(name) === basename(binary)) ?? "";
    const faults = binaryFaults(readFileSync(binary), target).filter((fault) => !fault.startsWith("it needs glibc"));
    expect(faults).toEqual([]);
  });
});
