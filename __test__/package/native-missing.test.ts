import { copyFileSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

import { parseTriple } from "@napi-rs/cli";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { ROOT, importIn, installWithoutBinary, manifest } from "./_package.ts";

const targets = manifest.napi.targets.map((triple) => parseTriple(triple));

/** Makes a child's Node claim another platform, before anything of the package is loaded. */
function pretend(platform: string, arch: string, abi: string | null): string {
  const header = abi === "gnu" ? { glibcVersionRuntime: "2.36" } : {};
  const values = { platform, arch, report: { header, sharedObjects: [] } };
  return `
    const { platform, arch, report } = ${JSON.stringify(values)};
    Object.defineProperties(process, {
      platform: { value: platform },
      arch: { value: arch },
      report: { value: { getReport: () => report } },
    })`;
}

describe("without the binary of the platform", () => {
  let folder: string;

  beforeAll(() => {
    folder = installWithoutBinary();
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(["ironkeep/iron", "ironkeep/h3"])("%s says what is missing, and how to get it", (entry) => {
    const { code, message } = importIn(folder, entry);
    expect(code).toBe("ERR_NATIVE_MISSING");
    expect(message).toContain(` ${process.platform}-${process.arch}`);
    expect(message).toMatch(/\bnpm install ironkeep-\S+@\d/);
  });

  it.each(targets)("names the package of $platformArchABI", ({ platform, arch, abi, platformArchABI }) => {
    const { code, message } = importIn(folder, "ironkeep/iron", pretend(platform, arch, abi));
    expect(code).toBe("ERR_NATIVE_MISSING");
    expect(message).toContain(`${platform}-${arch}${platform === "linux" ? `-${abi}` : ""} `);
    expect(message).toContain(`npm install ironkeep-${platformArchABI}@${manifest.version}`);
  });

  it("says so where no binary is made, and names those that are", () => {
    const { code, message } = importIn(folder, "ironkeep/iron", pretend("sunos", "x64", null));
    expect(code).toBe("ERR_NATIVE_MISSING");
    expect(message).toContain("sunos-x64");
    for (const { platform, arch } of targets) expect(message).toContain(`${platform}-${arch}`);
    expect(message).not.toContain("npm install");
  });
});

describe("with the binary beside the loader", () => {
  it("the same folder loads", () => {
    const folder = installWithoutBinary();
    try {
      for (const name of readdirSync(ROOT).filter((file) => file.endsWith(".node"))) {
        copyFileSync(join(ROOT, name), join(folder, name));
      }
      expect(importIn(folder, "ironkeep/iron").exports).toContain("seal");
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
