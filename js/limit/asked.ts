import { nearest } from "../nearest.js";
import { checkKeys, hint, wrong } from "../store/checks.js";
import type { ConsumeOptions, Keys, Policy } from "./types.js";

/** What a call asks: the places of its limits, and for each a key and a cost. */
export interface Asked<Name extends string = string> {
  readonly places: readonly number[];
  readonly policies: readonly Policy<Name>[];
  readonly keys: readonly string[];
  readonly costs: readonly number[];
}

const OPTIONS = ["cost", "now"];

/**
 * Reads the keys and the costs of a call.
 *
 * No key must never come to mean no limit: what is missing is an error.
 *
 * @throws `ERR_CONFIG` that names what is wrong, and quotes no key.
 */
export function readAsked<Name extends string>(
  policies: readonly Policy<Name>[],
  keys: Keys<Name>,
  options?: ConsumeOptions<Name>,
): Asked<Name> {
  const cost = options?.cost ?? 1;
  if (typeof keys === "string") {
    if (policies.length > 1) {
      throw wrong(`A limiter of several limits needs their keys by name, such as { "${policies[0]?.name}": key }`);
    }
    return { places: [0], policies, keys: [keys], costs: [readCost(policies, 0, cost)] };
  }
  if (typeof keys !== "object" || keys === null) throw wrong("key: has to be a string, or an object of strings");
  for (const name of Object.keys(keys)) checkName(policies, name);
  const places = policies.flatMap(({ name }, place) => (Object.hasOwn(keys, name) ? [place] : []));
  if (places.length === 0) throw wrong("key: names no limit, so nothing would be limited");
  if (typeof cost === "object") for (const name of Object.keys(cost)) checkName(policies, name);
  const asked = places.map((place) => policies[place] as Policy<Name>);
  return {
    places,
    policies: asked,
    keys: asked.map(({ name }) => {
      const key: unknown = keys[name];
      if (typeof key !== "string") throw wrong(`key: that of the limit "${name}" has to be a string`);
      return key;
    }),
    costs: places.map((place) => readCost(policies, place, cost)),
  };
}

/** The engine looks at what a cost is. */
export function readCost(
  policies: readonly Policy[],
  place: number,
  cost: NonNullable<ConsumeOptions["cost"]>,
): number {
  return typeof cost === "object" ? (cost[policies[place]?.name ?? ""] ?? 1) : cost;
}

/** @throws `ERR_CONFIG` for an option of a call that does not exist. */
export function checkCallOptions(options: unknown): void {
  if (options === undefined) return;
  if (typeof options !== "object" || options === null) throw wrong("options: has to be an object");
  checkKeys(options, OPTIONS, "a call");
}

function checkName(policies: readonly Policy[], name: string): void {
  const names = policies.map((policy) => policy.name);
  if (names.includes(name)) return;
  const known = names.map((each) => `"${each}"`).join(", ");
  throw wrong(`There is no such limit among ${known}${hint(nearest(name, names))}`);
}
