// Operations on a store, so many in flight at once.

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

/** Runs the operations of the numbers from `first`, `count` of them: as soon as one is done, the next one begins. */
export async function runThrough(operation, { first, count, inFlight }) {
  const end = first + count;
  let next = first;
  const lane = async () => {
    while (next < end) await operation(next++);
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
}

/** How long operations take from their beginning to their answer, in microseconds: the median, and what one of a hundred exceeds. */
export async function latencies(operation, range) {
  const times = [];
  const timed = async (number) => {
    const start = performance.now();
    await operation(number);
    times.push((performance.now() - start) * 1e3);
  };
  await runThrough(timed, range);
  times.sort((a, b) => a - b);
  return { middle: times[times.length >> 1], slow: times[Math.floor(times.length * 0.99)] };
}

/**
 * The longest turn of the event loop meanwhile, in milliseconds. Here the next operation begins in another turn, as a request
 * does that comes in: without that a store that answers at once would never let the loop go on.
 *
 * @returns it, and how many operations were done.
 */
export async function longestStall(operation, { first, count, inFlight, milliseconds }) {
  const until = performance.now() + milliseconds;
  const end = first + count;
  let next = first;
  let isOver = false;
  let longest = 0;
  let last = performance.now();
  const watch = () => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    if (!isOver) setImmediate(watch);
  };
  setImmediate(watch);
  const lane = async () => {
    while (next < end && performance.now() < until) {
      await operation(next++);
      await nextTurn();
    }
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  // What the last operations held up.
  await nextTurn();
  isOver = true;
  return { longest, done: next - first };
}
