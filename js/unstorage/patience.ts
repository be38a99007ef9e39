import { MAX_DELAY_MS } from "../deadline.js";
import { ironkeepError } from "../errors.js";
import type { StoreCall } from "../store/types.js";

/** How long a call is waited for: its deadline, and its AbortSignal. */
export class Patience {
  readonly #call: StoreCall;
  #end: Error | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #onAbort: (() => void) | undefined;

  private constructor(call: StoreCall) {
    this.#call = call;
  }

  /**
   * What `work` gives, or, as soon as the call is given up, its error. What `work` does then goes on to the next `check`, since
   * no driver takes back what it began.
   *
   * @throws `ERR_ABORTED`, `ERR_STORE_TIMEOUT`.
   */
  static async run<T>(call: StoreCall, work: (patience: Patience) => Promise<T>): Promise<T> {
    if (call.signal?.aborted) throw aborted();
    const patience = new Patience(call);
    try {
      return await Promise.race([patience.#givenUp(), work(patience)]);
    } finally {
      clearTimeout(patience.#timer);
      if (patience.#onAbort !== undefined) call.signal?.removeEventListener("abort", patience.#onAbort);
    }
  }

  /** Throws once the call has been given up. What has not begun by then is not begun. */
  check(): void {
    if (this.#end !== undefined) throw this.#end;
  }

  #givenUp(): Promise<never> {
    const { deadline, signal } = this.#call;
    return new Promise((_resolve, reject) => {
      const end = (error: Error) => {
        this.#end = error;
        reject(error);
      };
      this.#onAbort = () => end(aborted());
      signal?.addEventListener("abort", this.#onAbort, { once: true });
      if (deadline === undefined) return;
      this.#timer = setTimeout(() => end(late()), Math.min(deadline, MAX_DELAY_MS));
      this.#timer.unref?.();
    });
  }
}

function aborted(): Error {
  return ironkeepError("ERR_ABORTED", "The call to the session store was given up by its AbortSignal");
}

function late(): Error {
  return ironkeepError("ERR_STORE_TIMEOUT", "The storage did not answer within the deadline: try again later");
}
