import { NEEDS_KEY, type Sealer, type StaleSeal } from "./engine/index.js";
import { ironkeepError } from "./errors.js";

/** Seals whose salts are fresh may lose a key they asked for to another; more often than this is no chance. */
const MAX_TRIES = 100;

/**
 * Seals a text, deriving keys off the event loop where that takes long.
 *
 * @param payload gives the text, and is asked again after every wait, so that a change made meanwhile is not lost.
 */
export function sealText(sealer: Sealer, payload: () => string): string | Promise<string> {
  const token = sealer.trySeal(payload(), Date.now());
  return token === NEEDS_KEY ? sealLater(sealer, payload) : token;
}

async function sealLater(sealer: Sealer, payload: () => string): Promise<string> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    await sealer.deriveForSeal(Date.now());
    const token = sealer.trySeal(payload(), Date.now());
    if (token !== NEEDS_KEY) return token;
  }
  throw starved();
}

/** Opens a token, deriving keys off the event loop where that takes long. */
export function unsealText(sealer: Sealer, token: string): StaleSeal | string | Promise<StaleSeal | string> {
  const opened = sealer.tryUnseal(token, Date.now());
  return opened === NEEDS_KEY ? unsealLater(sealer, token) : opened;
}

async function unsealLater(sealer: Sealer, token: string): Promise<StaleSeal | string> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    await sealer.deriveForUnseal(token, Date.now());
    const opened = sealer.tryUnseal(token, Date.now());
    if (opened !== NEEDS_KEY) return opened;
  }
  throw starved();
}

function starved(): Error {
  return ironkeepError(
    "ERR_BUSY",
    "A derived session key was needed elsewhere each time it was ready, try again in a second",
  );
}
