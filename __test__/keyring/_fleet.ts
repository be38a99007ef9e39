import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const MEMBER = join(import.meta.dirname, "_fleet-member.mjs");

type Task = "close" | "open" | "refresh" | "seal";

/** A process of the fleet, asked over its channel. */
export class Member {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, { resolve: (result: never) => void; reject: (error: Error) => void }>();
  #number = 0;

  constructor(file: string, seal: object) {
    this.#child = fork(MEMBER, [file, JSON.stringify(seal)]);
    this.#child.on("message", (message: { number: number; result: never }) => {
      this.#waiting.get(message.number)?.resolve(message.result);
      this.#waiting.delete(message.number);
    });
    this.#child.on("exit", (code, signal) => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`a member ended with ${signal ?? code}`));
    });
  }

  seal(): Promise<string[]> {
    return this.#ask("seal");
  }

  open(tokens: readonly string[]): Promise<string[]> {
    return this.#ask("open", tokens);
  }

  /** The ids of the keys that the member has then. */
  refresh(): Promise<string[]> {
    return this.#ask("refresh");
  }

  /** The exit code. */
  async close(): Promise<unknown> {
    const exit = once(this.#child, "exit");
    await this.#ask("close");
    return (await exit)[0];
  }

  /** Ends it, however it is. */
  kill(): void {
    this.#child.kill("SIGKILL");
  }

  #ask<T>(task: Task, value?: unknown): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const number = this.#number++;
      this.#waiting.set(number, { resolve, reject });
      this.#child.send({ number, task, value });
    });
  }
}

/** A file of keys that is replaced as a whole, so that nobody reads half of one. */
export class KeyFile {
  readonly path: string;
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
    this.path = join(folder, "keys.json");
  }

  static async make(): Promise<KeyFile> {
    return new KeyFile(await mkdtemp(join(tmpdir(), "ironkeep-keys-")));
  }

  async write(keys: readonly object[]): Promise<void> {
    await writeFile(`${this.path}.new`, JSON.stringify(keys));
    await rename(`${this.path}.new`, this.path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true });
  }
}
