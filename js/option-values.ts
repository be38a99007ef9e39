import { ironkeepError } from "./errors.js";

/** The name of a session that is given none, as in h3. */
export const DEFAULT_NAME = "h3";

/** A date before this is one in seconds: in milliseconds it is in 1973. */
const EARLIEST = 1e11;
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * An instant as milliseconds since the epoch.
 *
 * @throws `ERR_CONFIG` for what is none, or is one in seconds.
 */
export function toInstant(value: Date | number, option: string): number {
  const instant = Number(value);
  if (Number.isFinite(instant) && instant >= EARLIEST) return instant;
  throw ironkeepError("ERR_CONFIG", `${option}: has to be a Date, or milliseconds since the epoch`);
}

/** Whether it is text that UTF-8 has a form for. Of two that it has none for, both would be bound alike. */
export function isBindable(text: unknown): text is string {
  return typeof text === "string" && !LONE_SURROGATE.test(text);
}
