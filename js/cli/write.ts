import { type FileHandle, open, realpath, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";

import { ironkeepError } from "../errors.js";
import { codeOf } from "./read.js";

/** The owner may read and write, and nobody else. */
const PRIVATE = 0o600;

/**
 * Puts a text into a file at once: a reader sees the old content or the new one, also after a crash. A symbolic link stays
 * one, and an owner is kept.
 *
 * @throws `ERR_CONFIG` when it cannot be written; then the old content is still there.
 */
export async function writeAtomically(path: string, text: string, option: string): Promise<void> {
  let temporary: string | undefined;
  try {
    const target = await realpath(path).catch((error: unknown) => {
      if (codeOf(error) === "ENOENT") return path;
      throw error;
    });
    temporary = join(dirname(target), `.${crypto.randomUUID()}.tmp`);
    const file = await open(temporary, "wx", PRIVATE);
    try {
      await fill(file, target, text);
    } finally {
      await file.close();
    }
    await rename(temporary, target);
  } catch (error) {
    if (temporary !== undefined) await rm(temporary, { force: true }).catch(() => undefined);
    throw ironkeepError("ERR_CONFIG", `Cannot write the file of ${option} (${codeOf(error)})`);
  }
}

async function fill(file: FileHandle, target: string, text: string): Promise<void> {
  const before = await stat(target).catch(() => undefined);
  const made = await file.stat();
  if (before && (before.uid !== made.uid || before.gid !== made.gid)) await file.chown(before.uid, before.gid);
  await file.writeFile(text);
  await file.sync();
}
