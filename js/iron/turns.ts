/**
 * How many calls may wait for derivations at once. The engine refuses more than 64, which suits a server under a flood; a
 * script that seals a thousand things with `Promise.all` should be served, one after the other.
 */
const MAX_AT_ONCE = 16;

let running = 0;
const waiting: (() => void)[] = [];

/** Runs `work` when it is its turn, first come first served. */
export async function inTurn<T>(work: () => T | Promise<T>): Promise<T> {
  if (running >= MAX_AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve));
  else running++;
  try {
    return await work();
  } finally {
    const next = waiting.shift();
    if (next) next();
    else running--;
  }
}
