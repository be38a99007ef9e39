import { type ErrorCode, isIronkeepError } from "../errors.js";
import type { SessionConfig } from "../h3/types.js";
import { parseRing, type Ring } from "./ring.js";
import type { Sourced } from "./read.js";

/** What is to open a token: a password, or a ring of keys. */
export type OpeningKey =
  | { readonly source: string; readonly password: string }
  | { readonly source: string; readonly ring: Ring };

/** What a token is bound to, by the formats that bind it. */
export interface Binding {
  readonly name: string;
  readonly audience: string;
}

/** Whether a key opens a token, and what is in it then. */
export type Opened =
  | { readonly opens: true; readonly generation: 1 | 2 | null; readonly session: unknown }
  | { readonly opens: false; readonly code: ErrorCode; readonly reason: string };

/** Longer than any clock differs: an old token is opened too, since its age is told apart. */
const ANY_AGE_SECONDS = 1e12;

/** A password from an environment variable. */
export function passwordKey({ text, source }: Sourced): OpeningKey {
  return { source, password: text };
}

/** @throws `ERR_CONFIG` for what is no ring. */
export function ringKey(sourced: Sourced): OpeningKey {
  return { source: sourced.source, ring: parseRing(sourced) };
}

/**
 * Opens a token as the session helpers do, and tells the generation of one of Fe26.2: of generation 2 is what opens where
 * generation 1 is refused.
 *
 * @throws what is no refusal of the token or the key, such as `ERR_NATIVE_MISSING`.
 */
export async function openToken(token: string, key: OpeningKey, binding: Binding): Promise<Opened> {
  const second = await tryOpen(token, key, binding, 2);
  const isModern = token.startsWith("ik1.");
  if (isModern && second.opens) return { ...second, generation: null };
  if (isModern || second.opens || second.code !== "ERR_SEAL_INVALID") return second;
  return tryOpen(token, key, binding, 1);
}

async function tryOpen(token: string, key: OpeningKey, binding: Binding, generation: 1 | 2): Promise<Opened> {
  const { unsealSession } = await import("../h3/index.js");
  try {
    const config = { ...(await toConfig(key, binding)), generation };
    return { opens: true, generation, session: await unsealSession(null, config, token) };
  } catch (error) {
    if (!isIronkeepError(error) || error.code === "ERR_NATIVE_MISSING") throw error;
    return { opens: false, code: error.code, reason: error.message };
  }
}

/** How the helpers take a key. A ring reads both formats, whichever it writes. */
async function toConfig(key: OpeningKey, { name, audience }: Binding): Promise<SessionConfig> {
  const common = { name, audience, legacySealFallback: false, seal: { timestampSkewSec: ANY_AGE_SECONDS } };
  if ("password" in key) return { ...common, password: key.password };
  const { createKeyring } = await import("../keyring/index.js");
  return { ...common, password: createKeyring(key.ring) };
}
