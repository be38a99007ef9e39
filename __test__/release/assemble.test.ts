import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { fakeBinary, temporaryFolder, writeArtifacts } from "./_fakes.ts";
import { assemble, binaryOf, platformOf, targets } from "./_scripts.ts";

const PACKS_WITHIN_MS = 120_000;

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const all = () => new Map(targets.map((target) => [binaryOf(target), fakeBinary(target)]));

// From within the folder: one tar of Windows takes the drive in a path for a host.
const manifestIn = (cwd: string, tarball: string) =>
  JSON.parse(execFileSync("tar", ["-xzOf", tarball, "package/package.json"], { cwd, encoding: "utf8" })) as Manifest;

describe("assembling a release", () => {
  it(
    "gives a package for each binary, and one that depends on them, to be published in this order",
    () => {
      const folder = temporaryFolder();
      const [artifacts, output] = [join(folder, "artifacts"), join(folder, "packages")];
      writeArtifacts(artifacts, all());
      const packed = assemble(artifacts, output);

      const names = targets.map((target) => `ironkeep-${platformOf(target)}`);
      expect(packed.map(({ name }) => name)).toEqual([...names, "ironkeep"]);

      const manifests = packed.map(({ filename }) => manifestIn(join(output, "tarballs"), filename));
      const main = manifests.at(-1);
      expect(main?.optionalDependencies).toEqual(Object.fromEntries(names.map((name) => [name, main?.version])));
      expect(manifests.flatMap(({ scripts = {} }) => Object.keys(scripts))).not.toEqual(
        expect.arrayContaining([expect.stringMatching(/^(?:(?:pre|post)?install|prepare|prepublish)$/)]),
      );
      for (const [index, target] of targets.entries()) {
        expect(packed[index]?.files.map(({ path }) => path).toSorted()).toEqual(
          ["LICENSE", "README.md", "THIRD-PARTY-LICENSES.md", binaryOf(target), "package.json"].toSorted(),
        );
        expect(manifests[index]?.os).toHaveLength(1);
        expect(manifests[index]?.cpu).toHaveLength(1);
      }

      const list = JSON.parse(readFileSync(join(output, "tarballs/tarballs.json"), "utf8")) as { filename: string }[];
      expect(list.map(({ filename }) => filename)).toEqual(packed.map(({ filename }) => filename));
      expect(readdirSync(join(output, "tarballs"))).toHaveLength(targets.length + 2);
    },
    PACKS_WITHIN_MS,
  );

  it("refuses when a binary is missing, or is in another's place", () => {
    const folder = temporaryFolder();
    const [missing = "", swapped = ""] = targets;
    const binaries = all();
    binaries.delete(binaryOf(missing));
    binaries.set(binaryOf(swapped), fakeBinary(missing));
    writeArtifacts(folder, binaries);
    expect(() => assemble(folder, join(folder, "packages"))).toThrow(
      `${binaryOf(missing)}: it is missing\n${binaryOf(swapped)}: it is made for linux, x86_64`,
    );
  });
});
