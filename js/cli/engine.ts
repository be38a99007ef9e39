import type { Engine } from "../engine/index.js";
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

/** Whether a secret looks typed, as the engine judges it. */
export function isGuessable(engine: Engine, secret: string): boolean {
  const unused = { ttl: 0, skew: 0, offset: 0, alsoOpens: [], epochSalts: false, maxTokenLength: 0 };
  const bound = { purpose: "", name: "", audience: "" };
  return engine.createSealer({ password: toSealingForm(secret), ...unused, ...bound }).guessable;
}
