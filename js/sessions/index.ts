/**
 * Sessions that are kept in a store, without an event: the cookie holds an id and a MAC alone.
 *
 * @module
 */
export { createSessions } from "./create-sessions.js";
export type { Sessions, SessionsOptions } from "./create-sessions.js";
export type { SessionListener } from "./events.js";
export type { ExtendOptions } from "./save.js";
export type { SessionSnapshot } from "./snapshot.js";
export type {
  BeginOptions,
  CallOptions,
  ListedSession,
  MigrateOptions,
  SessionEventBase,
  SessionEvents,
  StoredSessionOptions,
} from "./types.js";
export type { RevokeOptions } from "./users.js";
export type * from "../store/types.js";
