import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { onTestFinished } from "vitest";

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "ironkeep-release-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** As much of a binary as tells for which system and processor it is: a header, and then `content`. */
export function fakeBinary(target: string, content = ""): Buffer {
  const bytes = Buffer.concat([Buffer.alloc(256), Buffer.from(content)]);
  const isArm = target.startsWith("aarch64");
  if (target.includes("-linux-")) {
    bytes.write("\u007FELF", "latin1");
    bytes.writeUInt16LE(isArm ? 183 : 62, 18);
  } else if (target.includes("-darwin")) {
    bytes.writeUInt32LE(0xfe_ed_fa_cf, 0);
    bytes.writeUInt32LE(isArm ? 0x01_00_00_0c : 0x01_00_00_07, 4);
  } else {
    bytes.write("MZ", "latin1");
    bytes.writeUInt32LE(128, 0x3c);
    bytes.writeUInt16LE(isArm ? 0xaa_64 : 0x86_64, 132);
  }
  return bytes;
}

/** Writes binaries as a download of all artifacts lays them out: a folder for each. */
export function writeArtifacts(folder: string, binaries: ReadonlyMap<string, Buffer>): void {
  for (const [name, bytes] of binaries) {
    mkdirSync(join(folder, name), { recursive: true });
    writeFileSync(join(folder, name, name), bytes);
  }
}
