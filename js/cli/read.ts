import { type FileHandle, open } from "node:fs/promises";

import { type IronkeepError, ironkeepError } from "../errors.js";
import { UsageError } from "./outcome.js";

/** The most that is read of a file or of standard input, in bytes. A ring has a few hundred, a header 16 KB. */
const MAX_BYTES = 1024 * 1024;

/** A text with where it is from, for messages. */
export interface Sourced {
  readonly text: string;
  /** Such as `IRONKEEP_KEYS`. Never what an argument said: a secret may stand there by mistake. */
  readonly source: string;
}

/** @throws `ERR_CONFIG` when it cannot be read, is too long, or is no UTF-8. */
export async function readStdin(): Promise<Sourced> {
  const source = "standard input";
  return { text: await readAll(process.stdin, source), source };
}

/**
 * Reads the file that an option names; `-` is standard input.
 *
 * @throws `ERR_CONFIG` as {@link readStdin}.
 */
export async function readFileOf(option: string, path: string): Promise<Sourced> {
  if (path === "-") return readStdin();
  const source = `the file of ${option}`;
  let file: FileHandle;
  try {
    file = await open(path, "r");
  } catch (error) {
    const hint = codeOf(error) === "ENOENT" ? `. ${option} takes the path of a file, or - for standard input` : "";
    throw unreadable(source, error, hint);
  }
  return { text: await readAll(file.createReadStream({ end: MAX_BYTES }), source), source };
}

/** An environment variable that is set and not empty. */
export function readEnvironment(name: string): Sourced | undefined {
  const text = process.env[name];
  return text ? { text, source: name } : undefined;
}

/**
 * The variable that `--password-env` names.
 *
 * @throws {UsageError} when there is none. The name is not repeated: it may be the password itself.
 */
export function requireEnvironment(option: string, name: string): Sourced {
  const found = readEnvironment(name);
  if (found) return found;
  throw new UsageError(`${option} takes the name of an environment variable, and there is none of that name`);
}

async function readAll(stream: AsyncIterable<unknown>, source: string): Promise<string> {
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const part of stream as AsyncIterable<Uint8Array>) {
      length += part.length;
      if (length > MAX_BYTES) break;
      parts.push(part);
    }
  } catch (error) {
    throw unreadable(source, error);
  }
  if (length > MAX_BYTES) throw ironkeepError("ERR_CONFIG", `There is over 1 MB in ${source}`);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(parts)).trim();
  } catch {
    throw ironkeepError("ERR_CONFIG", `What is in ${source} is not UTF-8 text`);
  }
}

function unreadable(source: string, error: unknown, hint = ""): IronkeepError {
  return ironkeepError("ERR_CONFIG", `Cannot read ${source} (${codeOf(error)})${hint}`);
}

/** The system's name of an error. Its text has the path in it. */
export function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unknown error";
}
