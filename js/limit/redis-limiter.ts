import { createRemoteRateLimiter } from "#engine";

import type { EngineCalls, EngineRemoteRateLimiter } from "../engine/index.js";
import { ironkeepError } from "../errors.js";
import { type Reader, readBoolean } from "../store/answers.js";
import type { Calls } from "../store/calls.js";
import { Lane } from "../store/lane.js";
import { warnOnce } from "../warn.js";
import { readAnswer, readDecisions, RECEIPT_LENGTH } from "./answer.js";
import { type Asked, checkCallOptions, readAsked } from "./asked.js";
import { processClock } from "./clock.js";
import { Decided } from "./decision.js";
import type { RedisConfig } from "./options.js";
import type { ConsumeOptions, Decision, Keys, LimitCounts, OnStoreError, Policy, RateLimiter, Span } from "./types.js";

/** The numbers of the calls, as the engine knows them. */
const OPERATIONS = { consume: 0, peek: 1, refund: 2, reset: 3, penalize: 4, close: 5 };
const { redis: RECEIPT } = RECEIPT_LENGTH;

/** Token buckets in Redis. */
export class RedisLimiter<Name extends string> implements RateLimiter<Name> {
  readonly driver = "redis";
  readonly policies: readonly Policy<Name>[];
  readonly onStoreError: OnStoreError;
  readonly #engine: EngineRemoteRateLimiter;
  readonly #lane: Lane;
  readonly #isLeased: boolean;
  #closing: Promise<void> | undefined;

  constructor({ names, ...options }: RedisConfig<Name>) {
    const engine = createRemoteRateLimiter(options);
    const calls: EngineCalls = {
      submit: (numbers, texts, wake) => engine.submit(numbers, texts, wake),
      take: () => engine.take(),
      // No call of a limiter is given up.
      cancel: () => {},
    };
    this.#engine = engine;
    this.onStoreError = options.onStoreError;
    this.#lane = new Lane(calls, Number.POSITIVE_INFINITY, () => this.#warn());
    this.#isLeased = options.leaseSize !== undefined || options.leaseFraction !== undefined;
    this.policies = engine.limits().map((limit, place) => ({ name: names[place] as Name, ...limit }));
  }

  // An async function makes a rejection of what is thrown.
  async consume(key: Keys<Name>, options?: ConsumeOptions<Name>): Promise<Decision<Name>> {
    const asked = this.#read(key, options);
    const now = processClock();
    if (this.#isLeased && asked.places.length === 1) {
      const { places, policies, keys, costs } = asked;
      const leased = this.#engine.tryConsume(places[0] as number, keys[0] as string, costs[0] as number, now);
      if (leased !== null) return readAnswer(leased, policies, now, RECEIPT);
    }
    return this.#ask(OPERATIONS.consume, asked, now);
  }

  async peek(key: Keys<Name>, options?: ConsumeOptions<Name>): Promise<Decision<Name>> {
    return this.#ask(OPERATIONS.peek, this.#read(key, options), processClock());
  }

  async refund(decision: Decision<Name>): Promise<boolean> {
    this.#check();
    // The last one first, as they were taken.
    const receipts = Decided.takeReceipts(decision, RECEIPT).toReversed().filter(isText);
    return (
      receipts.length > 0 && this.#call(OPERATIONS.refund, readBoolean, 1, (values) => values.text(receipts.join("")))
    );
  }

  async reset(key: Keys<Name>): Promise<void> {
    const { places, keys } = this.#read(key);
    const reset = (place: number, at: number) =>
      this.#call(OPERATIONS.reset, readBoolean, 2, (values) => {
        values.number(place);
        values.text(keys[at]);
      });
    await Promise.all(places.map(reset));
  }

  async penalize(key: Keys<Name>, duration: Span): Promise<boolean> {
    const { places, keys } = this.#read(key);
    const [seconds, text] = typeof duration === "string" ? [undefined, duration] : [duration, undefined];
    const penalize = (place: number, at: number) =>
      this.#call(OPERATIONS.penalize, readBoolean, 4, (values) => {
        values.number(place);
        values.text(keys[at]);
        values.optionalNumber(seconds);
        values.optionalText(text);
      });
    return (await Promise.all(places.map(penalize))).every(Boolean);
  }

  counts(): { readonly [N in Name]: LimitCounts } {
    const counts = this.policies.map(({ name }, place) => [name, this.#engine.counts(place)]);
    return Object.fromEntries(counts) as { [N in Name]: LimitCounts };
  }

  close(): Promise<void> {
    this.#closing ??= this.#call(OPERATIONS.close, readBoolean, 0).then(() => {});
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #read(key: Keys<Name>, options?: ConsumeOptions<Name>): Asked<Name> {
    this.#check();
    checkCallOptions(options);
    if (options?.now !== undefined) {
      throw ironkeepError("ERR_CONFIG", "now: a limiter on Redis goes by the clock of Redis, and takes no other");
    }
    return readAsked(this.policies, key, options);
  }

  #check(): void {
    if (this.#closing) throw ironkeepError("ERR_STORE_CLOSED", "The rate limiter is closed");
  }

  #ask(operation: number, { places, policies, keys, costs }: Asked<Name>, now: number): Promise<Decision<Name>> {
    const read: Reader<Decision<Name>> = (answers) => readDecisions(answers, policies, now, RECEIPT);
    const write = (values: Calls) => {
      for (const [at, place] of places.entries()) {
        values.number(place);
        values.text(keys[at]);
        values.number(costs[at]);
      }
    };
    return this.#call(operation, read, 3 * places.length, write, now);
  }

  /** Makes a call of so many values. */
  #call<T>(
    operation: number,
    read: Reader<T>,
    length: number,
    write?: (values: Calls) => void,
    now = processClock(),
  ): Promise<T> {
    const values = this.#lane.begin(operation, { now });
    values.number(length);
    write?.(values);
    return this.#lane.end(read);
  }

  /** What degrades decisions is said once, or nobody would look for it. */
  #warn(): void {
    const trouble = this.#engine.trouble();
    if (trouble !== null) warnOnce(`A rate limiter decides without Redis. ${trouble}`);
  }
}

/** A receipt of Redis is one. */
const isText = (receipt: unknown) => typeof receipt === "string";
