import type { Stats } from "node:fs";
import { type FileHandle, lstat, open, realpath, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";

import { ironkeepError, isIronkeepError } from "../errors.js";
import { codeOf } from "./read.js";

/** The owner may read and write, and nobody else. */
const PRIVATE = 0o600;
/** What stays of the mode of a file that is there: a group may be let in to read, others never. */
const KEPT = 0o640;

/**
 * Puts a text into a file at once: a reader sees the old content or the new one, also after a crash. A symbolic link stays
 * one, and an owner is kept, and the mode as far as it gives others nothing.
 *
 * @throws `ERR_CONFIG` when it cannot be written, or is no regular file; then what was there is still there.
 */
export async function writeAtomically(path: string, text: string, option: string): Promise<void> {
  let temporary: string | undefined;
  try {
    const { target, before } = await find(path, option);
    temporary = join(dirname(target), `.${crypto.randomUUID()}.tmp`);
    const file = await open(temporary, "wx", PRIVATE);
    try {
      await fill(file, before, text);
    } finally {
      await file.close();
    }
    await rename(temporary, target);
  } catch (error) {
    if (temporary !== undefined) await rm(temporary, { force: true }).catch(() => undefined);
    if (isIronkeepError(error)) throw error;
    throw ironkeepError("ERR_CONFIG", `Cannot write the file of ${option} (${codeOf(error)})`);
  }
}

/** What the rename replaces. A device or a pipe would become a file of secrets, so a regular file alone is replaced. */
async function find(path: string, option: string): Promise<{ target: string; before: Stats | undefined }> {
  const entry = await unlessAbsent(lstat(path));
  if (!entry) return { target: path, before: undefined };
  const target = await unlessAbsent(realpath(path));
  const before = target === undefined ? undefined : await unlessAbsent(stat(target));
  if (target === undefined || before === undefined) {
    throw ironkeepError("ERR_CONFIG", `The file of ${option} is a symbolic link to nothing: name the file itself`);
  }
  if (before.isFile()) return { target, before };
  throw ironkeepError("ERR_CONFIG", `${option} takes a regular file, or one that is not there yet: this is none`);
}

async function unlessAbsent<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

async function fill(file: FileHandle, before: Stats | undefined, text: string): Promise<void> {
  if (before) {
    const made = await file.stat();
    // The owner first: until then the group is the writer's own.
    if (before.uid !== made.uid || before.gid !== made.gid) await file.chown(before.uid, before.gid);
    await file.chmod(before.mode & KEPT);
  }
  await file.writeFile(text);
  await file.sync();
}
