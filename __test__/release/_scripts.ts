// The scripts under test, with the types that they say in words.

import * as binary from "../../scripts/lib/binary.mjs";
import * as targetList from "../../scripts/lib/targets.mjs";
import * as versions from "../../scripts/lib/versions.mjs";
import * as assembly from "../../scripts/release/assemble.mjs";
import * as smokeTest from "../../scripts/release/smoke.mjs";

/** What npm says of a package that it packed. */
export interface Packed {
  readonly name: string;
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

type OfTarget = (target: string) => string;

export const targets: readonly string[] = targetList.targets;
export const platformOf: OfTarget = targetList.platformOf;
export const binaryOf: OfTarget = targetList.binaryOf;

export const MAX_BYTES: number = binary.MAX_BYTES;
export const glibcNeeded: (bytes: Buffer) => string | undefined = binary.glibcNeeded;
export const binaryFaults: (bytes: Buffer, target: string) => readonly string[] = binary.binaryFaults;

export const versionFaults: (options?: { readonly folder?: string; readonly tag?: string }) => readonly string[] =
  versions.versionFaults;

export const assemble: (artifacts: string, folder: string) => readonly Packed[] = assembly.assemble;
export const smoke: (target: string, artifacts: string, image?: string) => void = smokeTest.smoke;
