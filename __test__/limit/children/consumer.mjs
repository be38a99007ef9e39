// A process that consumes: it is sent phases, and answers with what it was told, as [at in microseconds, cost, limit] for each token taken.

import { createRateLimiter } from "ironkeep/limit";

const KEYS = 3;

/** Numbers that a seed repeats. */
function seeded(seed) {
  let state = seed >>> 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

const PATTERNS = {
  /** One after another. */
  steady: () => ({ together: 1, pause: 0 }),
  /** Many at once. */
  burst: () => ({ together: 32, pause: 0 }),
  /** Many at once, and then none for a while. */
  onOff: (below) => ({ together: 16, pause: 1 + below(15) }),
};

async function phase({ options, pattern, decisions, seed }) {
  const below = seeded(seed);
  const limiter = createRateLimiter(options);
  const several = limiter.policies.length > 1;
  const admitted = {};
  const made = { admitted, allowed: 0, degraded: 0, decisions: 0 };
  const call = async () => {
    const key = `key ${below(KEYS)}`;
    const cost = below(8) === 0 ? 2 : 1;
    const keys = several ? { mine: key, all: "everybody" } : key;
    const decision = await limiter.consume(keys, { cost });
    made.decisions++;
    made.degraded += Number(decision.degraded);
    if (!decision.allowed) return;
    made.allowed++;
    for (const { policy, at } of decision.decisions) {
      const bucket = `${policy} ${policy === "all" ? "" : key}`;
      (admitted[bucket] ??= []).push([Math.round(at * 1000), cost]);
    }
  };
  while (made.decisions < decisions) {
    const { together, pause } = PATTERNS[pattern](below);
    await Promise.all(Array.from({ length: Math.min(together, decisions - made.decisions) }, call));
    if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
  }
  await limiter.close();
  return made;
}

process.on("message", async (message) => {
  process.send(await phase(message));
});
process.on("disconnect", () => process.exit());
