import { createRateLimiter as createEngineLimiter } from "#engine";

import type { EngineRateLimiter } from "../engine/index.js";
import { ironkeepError } from "../errors.js";
import { readAnswer, readOne, RECEIPT_LENGTH } from "./answer.js";
import { type Asked, checkCallOptions, readAsked, readCost } from "./asked.js";
import { processClock } from "./clock.js";
import { Decided } from "./decision.js";
import type { MemoryConfig } from "./options.js";
import { Slate } from "./slate.js";
import type { ConsumeOptions, Decision, Keys, LimitCounts, MemoryRateLimiter, Policy, Span } from "./types.js";

const { memory: RECEIPT } = RECEIPT_LENGTH;

/** Token buckets of the engine, in this process. */
export class MemoryLimiter<Name extends string> implements MemoryRateLimiter<Name> {
  readonly driver = "memory";
  readonly policies: readonly Policy<Name>[];
  readonly #engine: EngineRateLimiter;
  readonly #slate: Slate;
  readonly #clock: () => number;
  #isClosed = false;

  constructor({ names, clock = processClock, ...options }: MemoryConfig<Name>) {
    this.#engine = createEngineLimiter(options);
    this.#slate = new Slate(this.#engine);
    this.#clock = clock;
    this.policies = this.#engine.limits().map((limit, place) => ({ name: names[place] as Name, ...limit }));
  }

  consumeSync(key: Keys<Name>, options?: ConsumeOptions<Name>): Decision<Name> {
    const now = this.#begin(options);
    const [policy] = this.policies;
    if (typeof key === "string" && this.policies.length === 1 && policy !== undefined) {
      // What nearly all calls are, and so without the lists of the others.
      return this.#consumeOne(0, policy, key, readCost(this.policies, 0, options?.cost ?? 1), now);
    }
    const { places, policies, keys, costs } = readAsked(this.policies, key, options);
    if (places.length > 1) return readAnswer(this.#engine.consumeAll(places, keys, costs, now), policies, now, RECEIPT);
    return this.#consumeOne(
      places[0] as number,
      policies[0] as Policy<Name>,
      keys[0] as string,
      costs[0] as number,
      now,
    );
  }

  #consumeOne(place: number, policy: Policy<Name>, key: string, cost: number, now: number): Decided<Name> {
    const decision = this.#slate.consume(place, policy, key, cost, now);
    return decision ?? readOne(this.#engine.consume(place, key, cost, now), policy, now);
  }

  peekSync(key: Keys<Name>, options?: ConsumeOptions<Name>): Decision<Name> {
    const now = this.#begin(options);
    const asked = readAsked(this.policies, key, options);
    const { places, keys, costs } = asked;
    const answers = places.map((place, at) => this.#engine.peek(place, keys[at] as string, costs[at] as number, now));
    return readAnswer(answers.join(""), asked.policies, now, RECEIPT);
  }

  refundSync(decision: Decision<Name>): boolean {
    const now = this.#begin();
    const receipts = Decided.takeReceipts(decision, RECEIPT);
    // The last one first, as they were taken: a key that was named twice is undone in order.
    const undone = receipts
      .toReversed()
      .map((receipt) =>
        typeof receipt === "string" ? this.#engine.refund(receipt, now) : this.#slate.refund(receipt, now),
      );
    return undone.length > 0 && undone.every(Boolean);
  }

  resetSync(key: Keys<Name>): void {
    const now = this.#begin();
    forEach(readAsked(this.policies, key), (place, name) => this.#engine.reset(place, name, now));
  }

  penalizeSync(key: Keys<Name>, duration: Span): boolean {
    const now = this.#begin();
    const asked = readAsked(this.policies, key);
    return forEach(asked, (place, name) => this.#engine.penalize(place, name, duration, now)).every(Boolean);
  }

  // An async function makes a rejection of what is thrown.
  async consume(key: Keys<Name>, options?: ConsumeOptions<Name>): Promise<Decision<Name>> {
    return this.consumeSync(key, options);
  }

  async peek(key: Keys<Name>, options?: ConsumeOptions<Name>): Promise<Decision<Name>> {
    return this.peekSync(key, options);
  }

  async refund(decision: Decision<Name>): Promise<boolean> {
    return this.refundSync(decision);
  }

  async reset(key: Keys<Name>): Promise<void> {
    this.resetSync(key);
  }

  async penalize(key: Keys<Name>, duration: Span): Promise<boolean> {
    return this.penalizeSync(key, duration);
  }

  counts(): { readonly [N in Name]: LimitCounts } {
    const counts = this.policies.map(({ name }, place) => [name, this.#engine.counts(place)]);
    return Object.fromEntries(counts) as { [N in Name]: LimitCounts };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** What every call begins with: the time that it goes by. */
  #begin(options?: ConsumeOptions<Name>): number {
    if (this.#isClosed) throw ironkeepError("ERR_STORE_CLOSED", "The rate limiter is closed");
    if (options === undefined) return this.#clock();
    checkCallOptions(options);
    return options.now ?? this.#clock();
  }
}

function forEach<T>({ places, keys }: Asked, call: (place: number, key: string) => T): T[] {
  return places.map((place, at) => call(place, keys[at] as string));
}
