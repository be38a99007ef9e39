/** The most that a timer takes, in milliseconds: one that is to run for longer ends at once. */
export const MAX_DELAY_MS = 2 ** 31 - 1;

/**
 * What a promise gives, if it does within so many milliseconds. An answer that comes too late is not looked at any more. The
 * wait keeps no process alive.
 *
 * @param late makes the error of a promise that takes too long.
 */
export async function inTime<T>(answer: T | PromiseLike<T>, millis: number, late: () => Error): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const over = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), millis);
    timer.unref?.();
  });
  try {
    return await Promise.race([answer, over]);
  } finally {
    clearTimeout(timer);
  }
}
