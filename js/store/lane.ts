import type { EngineCalls } from "../engine/index.js";
import { ironkeepError } from "../errors.js";
import { Answers, type Reader } from "./answers.js";
import { Calls } from "./calls.js";
import { OUTCOMES } from "./operations.js";
import { isSignal } from "./signal.js";
import type { StoreCall } from "./types.js";

/** How often answers are taken, where taking them fails. */
const MAX_TAKES = 2;

const resolved = Promise.resolve();

/** A call that has not settled. */
interface Waiting {
  readonly read: Reader<unknown>;
  resolve(value: unknown): void;
  reject(reason: unknown): void;
  /** Ends listening to the signal. */
  stop: (() => void) | undefined;
}

/**
 * The calls of one store on their way to the engine and back.
 *
 * Those of one tick are submitted together, and each settles alone: with the submission, when the engine knows the answer at
 * once, else when the engine wakes this thread, with all the others that are ready then.
 */
export class Lane {
  readonly #engine: EngineCalls;
  readonly #deadline: number;
  readonly #answered: (() => void) | undefined;
  /** By ticket. A ticket is used again once the engine has answered it. */
  readonly #waiting: (Waiting | undefined)[] = [];
  readonly #free: number[] = [];
  readonly #calls = new Calls();
  #tickets: number[] = [];
  /** Of the call that is being written. */
  #ticket = 0;
  #signal: AbortSignal | undefined;

  /**
   * @param deadline how many milliseconds a call has that does not say.
   * @param answered called when the engine has woken this thread, and must not throw.
   */
  constructor(engine: EngineCalls, deadline: number, answered?: () => void) {
    this.#engine = engine;
    this.#deadline = deadline;
    this.#answered = answered;
  }

  /**
   * Begins a call. Its values are written into what this gives, and then comes {@link end}; in between runs nobody's code.
   *
   * @throws `ERR_ABORTED`, or `ERR_CONFIG` for a signal that is none.
   */
  begin(operation: number, call: StoreCall): Calls {
    const { now, signal } = call;
    const deadline = call.deadline ?? this.#deadline;
    if (signal !== undefined) check(signal);
    if (this.#calls.isFull) this.#flush();
    const ticket = this.#free.pop() ?? this.#waiting.push(undefined) - 1;
    const calls = this.#calls;
    calls.number(operation);
    calls.number(ticket);
    // What is no number at all is refused by the engine.
    calls.number(now || 0);
    calls.number(deadline);
    calls.number(signal === undefined ? 0 : 1);
    this.#ticket = ticket;
    this.#signal = signal;
    return calls;
  }

  /** Makes the call that was begun. `read` takes the values of its answer. */
  end<T>(read: Reader<T>): Promise<T> {
    const ticket = this.#ticket;
    const signal = this.#signal;
    return new Promise<T>((resolve, reject) => {
      const waiting: Waiting = { read, resolve: resolve as (value: unknown) => void, reject, stop: undefined };
      this.#waiting[ticket] = waiting;
      if (this.#tickets.push(ticket) === 1) void resolved.then(this.#flush);
      if (signal !== undefined) this.#listen(signal, ticket, waiting);
    });
  }

  #listen(signal: AbortSignal, ticket: number, waiting: Waiting): void {
    const abort = () => {
      waiting.reject(aborted());
      this.#flush();
      if (this.#waiting[ticket] === waiting) this.#cancel(ticket);
    };
    signal.addEventListener("abort", abort, { once: true });
    waiting.stop = () => {
      try {
        signal.removeEventListener("abort", abort);
      } catch {
        // It is the application's, and the answers behind this one are others'.
      }
    };
  }

  readonly #flush = (): void => {
    const tickets = this.#tickets;
    if (tickets.length === 0) return;
    this.#tickets = [];
    const texts = this.#calls.take();
    try {
      this.#settle(this.#engine.submit(this.#calls.numbers, texts, this.#drain));
    } catch (error) {
      // Some may be under way all the same. Their tickets are free once they are answered, and not before: whoever had one next
      // would get that answer.
      for (const ticket of tickets) this.#waiting[ticket]?.reject(error);
    }
  };

  /** Called by the engine, where nobody could catch an error. */
  readonly #drain = (): void => {
    for (let tries = 1; ; tries++) {
      try {
        this.#settle(this.#engine.take());
        this.#answered?.();
        return;
      } catch (error) {
        // What was not taken is still there.
        if (tries < MAX_TAKES) continue;
        for (const waiting of this.#waiting) waiting?.reject(error);
        return;
      }
    }
  };

  #cancel(ticket: number): void {
    try {
      this.#engine.cancel(ticket);
    } catch {
      // Who waited has been told. The call goes on to its deadline.
    }
  }

  #settle(values: string | unknown[]): void {
    const answers = new Answers(values);
    while (answers.hasMore) {
      const waiting = this.#release(answers.ticket());
      const outcome = answers.outcome();
      if (outcome === OUTCOMES.error) waiting?.reject(answers.error());
      else waiting?.resolve(waiting.read(answers, outcome));
    }
  }

  /** The engine has answered: the ticket is free. */
  #release(ticket: number): Waiting | undefined {
    const waiting = this.#waiting[ticket];
    this.#waiting[ticket] = undefined;
    this.#free.push(ticket);
    waiting?.stop?.();
    return waiting;
  }
}

function check(signal: AbortSignal): void {
  if (signal?.aborted) throw aborted();
  if (!isSignal(signal)) throw ironkeepError("ERR_CONFIG", "signal: has to be an AbortSignal");
}

function aborted(): Error {
  return ironkeepError("ERR_ABORTED", "The call was given up by its AbortSignal");
}
