import type { Engine, RingKeyInput } from "../engine/index.js";
import { ironkeepError, isIronkeepError } from "../errors.js";
import { toSealingForm } from "../password.js";

/** What makes a key where Ironkeep's own engine does not load. */
const ELSEWHERE = "node -p \"require('crypto').randomBytes(32).toString('base64url')\"";

/** Loads the engine. Commands ask for it when they need it, so that the others work without it. */
export function loadEngine(): Promise<Engine> {
  return import("#engine");
}

/**
 * A new secret, made by the engine.
 *
 * @throws `ERR_NATIVE_MISSING`, with what makes one without the engine.
 */
export async function newSecret(): Promise<string> {
  try {
    const engine = await loadEngine();
    return engine.randomKey();
  } catch (error) {
    if (!isIronkeepError(error) || error.code !== "ERR_NATIVE_MISSING") throw error;
    throw ironkeepError(error.code, `${error.message}. Without it, a secret is made by: ${ELSEWHERE}`);
  }
}

/** Whether a password looks typed, as the engine judges it. */
export function isGuessable(engine: Engine, password: string): boolean {
  const options = { ttl: 0, skew: 0, offset: 0, alsoOpens: [], epochSalts: false, maxTokenLength: 0 };
  const modern = { format: "iron", acceptIronUntil: 0, compress: false } as const;
  const bound = { purpose: "", name: "", audience: "" };
  return engine.createSealer(toSealingForm(password), { ...options, ...modern, ...bound }).guessable;
}

/** Whether a ring may hold this key, as far as its strength goes. */
export function isStrongKey(engine: Engine, key: RingKeyInput): boolean {
  try {
    engine.createRing([key]).close();
    return true;
  } catch (error) {
    if (isIronkeepError(error) && error.code === "ERR_KEY_WEAK") return false;
    throw error;
  }
}
