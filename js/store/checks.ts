import { ironkeepError } from "../errors.js";
import { nearest } from "../nearest.js";

/** @throws `ERR_CONFIG` for a key of `options` that is not among those that are known. */
export function checkKeys(options: object, known: readonly string[], of: string): void {
  for (const key of Object.keys(options)) {
    if (!known.includes(key)) throw wrong(`The option "${key}" of ${of} does not exist${hint(nearest(key, known))}`);
  }
}

/** @throws `ERR_CONFIG` unless it is a whole number within the bounds. */
export function checkCount(name: string, value: unknown, max: number, min = 1): void {
  if (Number.isInteger(value) && (value as number) >= min && (value as number) <= max) return;
  throw wrong(`${name}: has to be a whole number from ${min} to ${max}`);
}

/** @throws `ERR_CONFIG` unless it is a time that something can take. */
export function checkMillis(name: string, value: unknown): void {
  if (typeof value === "number" && value > 0) return;
  throw wrong(`${name}: has to be a positive number of milliseconds`);
}

export function hint(meant: string | undefined): string {
  return meant ? `; did you mean "${meant}"?` : "";
}

export function wrong(message: string): Error {
  return ironkeepError("ERR_CONFIG", message);
}

type Optional<T> = { [K in keyof T]-?: undefined extends T[K] ? K : never }[keyof T];
type Given<T> = Omit<T, Optional<T>> & { [K in Optional<T>]?: Exclude<T[K], undefined> };

/** The options without those that are undefined, which the engine takes no notice of, and its types do not allow. */
export function given<T extends object>(options: T): Given<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Given<T>;
}
