import { once } from "node:events";
import { Worker } from "node:worker_threads";

import type { SealOptions } from "ironkeep/iron";

import type { UnsealPassword } from "./_peers.ts";

interface Answer {
  call: number;
  result: string | undefined;
}

/** A worker thread that opens tokens: `open` gives the error's code, or `"opened"`. */
export class OpenerThread {
  readonly #worker = new Worker(new URL("_worker.mjs", import.meta.url));
  #calls = 0;

  async open(
    sealed: string,
    password: UnsealPassword,
    options: SealOptions,
    sync = false,
  ): Promise<string | undefined> {
    const call = ++this.#calls;
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    this.#worker.postMessage({ call, sealed, password, options, sync });
    const [answer] = (await once(this.#worker, "message")) as [Answer];
    if (answer.call !== call) throw new Error("answers are asked for one at a time");
    return answer.result;
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}
