import { copyFileSync } from "node:fs";
import { basename, join } from "node:path";

import { describe, expect, it } from "vitest";

import { builtBinary } from "../_pack.ts";
import { temporaryFolder } from "./_fakes.ts";
import { binaryOf, smoke, targets } from "./_scripts.ts";

const INSTALLS_WITHIN_MS = 120_000;

describe("the packages, installed without scripts in an empty project", () => {
  it(
    "seal and unseal, by import and by require()",
    () => {
      const [artifacts, binary] = [temporaryFolder(), builtBinary()];
      const target = targets.find((name) => binaryOf(name) === basename(binary)) ?? "";
      copyFileSync(binary, join(artifacts, basename(binary)));
      expect(() => smoke(target, artifacts)).not.toThrow();
    },
    INSTALLS_WITHIN_MS,
  );

  it("are not taken from where there is no binary", () => {
    const [target = ""] = targets;
    expect(() => smoke(target, temporaryFolder())).toThrow(`There is no ${binaryOf(target)} in `);
  });
});
