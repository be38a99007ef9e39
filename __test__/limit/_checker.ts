// Judges what limiters admitted, whatever they are: between any two admitted requests, both counted, at most the capacity, what the
// rate gave meanwhile, and a slack.

/** One admitted request: when, in microseconds, and how many tokens. */
export type Admitted = readonly [at: number, cost: number];

export interface Law {
  /** Tokens that come back in a window. */
  limit: number;
  /** Seconds. */
  window: number;
  burst: number;
}

/** What leased tokens may add: the slice of one token can have begun before the first of the requests. */
export const LEASED = 1;

/**
 * The first pair of requests from the one to the other of which too much was admitted.
 *
 * All pairs are judged in one pass after sorting: what a pair has too much is the difference of two numbers, one of each request.
 */
export function violation({ limit, window, burst }: Law, slack: number, admitted: readonly Admitted[]): string | null {
  const sorted = admitted.toSorted(([one], [other]) => one - other);
  const start = sorted[0]?.[0] ?? 0;
  const period = window * 1e6;
  const most = (burst + slack) * period;
  let spent = 0;
  let least = Number.POSITIVE_INFINITY;
  let first = 0;
  for (const [at, cost] of sorted) {
    // Whole numbers, far below 2^53.
    const given = (at - start) * limit;
    const before = spent * period - given;
    if (before < least) [least, first] = [before, at];
    spent += cost;
    if (spent * period - given - least > most) return `from ${first} to ${at}: too much`;
  }
  return null;
}
