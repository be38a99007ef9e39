// The global of this name is a getter, which takes as long as reading the clock.
import process from "node:process";

/** Milliseconds by a clock that is never set back, one for all threads of the process. */
export function processClock(): number {
  const [seconds, nanos] = process.hrtime();
  return seconds * 1000 + nanos / 1e6;
}
