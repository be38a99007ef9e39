import { createRateLimiter, type Quota } from "ironkeep/limit";

/** A limiter in memory whose clock the test moves, in seconds. */
export function limiterAt<const Name extends string>(limits: { readonly [N in Name]: Quota }) {
  let now = 1_000_000;
  const limiter = createRateLimiter<Name>({ limits, clock: () => now });
  return { limiter, pass: (seconds: number) => void (now += seconds * 1000) };
}

let names = 0;

/** A name of its own: limits of one name and quota share their buckets, in the whole process. */
export const freshName = (): string => `test ${(names += 1)}`;

/** What proxies in front of the app say of the client. */
export const from = (address: string): { headers: Record<string, string> } => ({
  headers: { "x-forwarded-for": address },
});

/** One proxy, which tells the tests' clients apart. */
export const PROXY = { trustedHops: 1 } as const;
