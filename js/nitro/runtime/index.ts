/**
 * The session helpers of an app on Nitro: those of `ironkeep/h3`, with the configuration of `runtimeConfig.session`.
 *
 * @module
 */
export { sessionConfig, useSessions, useSessionStore } from "./app.js";
export type { SessionOverrides } from "./app.js";
export type { SessionRuntimeConfig } from "./config.js";
export { startSessions } from "./plugin.js";
export type { NitroAppLike, StartOptions } from "./plugin.js";
export {
  clearSession,
  destroySession,
  flashSession,
  getSession,
  regenerateSession,
  replaceSession,
  sealSession,
  touchSession,
  unsealSession,
  updateSession,
  useSession,
} from "./helpers.js";
