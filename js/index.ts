/**
 * What all of Ironkeep shares. The session helpers are in `ironkeep/h3`, the seals in `ironkeep/iron`.
 *
 * @module
 */
import { engineVersion } from "#engine";

export { isIronkeepError } from "./errors.js";
export type { ErrorCode, IronkeepError } from "./errors.js";
export { createKeyring } from "./keyring/index.js";
export type {
  Keyring,
  KeyringKey,
  KeyringKeyInfo,
  KeyringKeys,
  KeyringOptions,
  KeyringSource,
} from "./keyring/index.js";

/** The version of the engine that is loaded: the native addon's. */
export const version: string = engineVersion();
