import * as h3 from "../../h3/index.js";
import type {
  DataOf,
  RegenerateOptions,
  Session,
  SessionConfigWith,
  SessionData,
  SessionEvent,
  SessionManager,
  SessionUpdate,
  StandardSchemaV1,
} from "../../h3/index.js";
import { type OverridesWith, type SessionOverrides, sessionConfig } from "./app.js";

type Schema = StandardSchemaV1 | undefined;

/** `useSession` of `ironkeep/h3`, with the configuration of this app under what is given. */
export function useSession<T extends SessionData = SessionData, S extends Schema = Schema>(
  event: SessionEvent,
  overrides?: OverridesWith<S>,
): Promise<SessionManager<DataOf<T, S>>> {
  return h3.useSession<T, S>(event, configWith(overrides));
}

/** `getSession` of `ironkeep/h3`, with the configuration of this app under what is given. */
export function getSession<T extends SessionData = SessionData, S extends Schema = Schema>(
  event: SessionEvent,
  overrides?: OverridesWith<S>,
): Promise<Session<DataOf<T, S>>> {
  return h3.getSession<T, S>(event, configWith(overrides));
}

/** `updateSession` of `ironkeep/h3`, with the configuration of this app under what is given. */
export function updateSession<T extends SessionData = SessionData, S extends Schema = Schema>(
  event: SessionEvent,
  overrides: OverridesWith<S>,
  update?: SessionUpdate<DataOf<T, S>>,
): Promise<Session<DataOf<T, S>>> {
  return h3.updateSession<T, S>(event, configWith(overrides), update);
}

/** `replaceSession` of `ironkeep/h3`, with the configuration of this app under what is given. */
export function replaceSession<T extends SessionData = SessionData, S extends Schema = Schema>(
  event: SessionEvent,
  overrides: OverridesWith<S>,
  data: SessionData<DataOf<T, S>>,
): Promise<Session<DataOf<T, S>>> {
  return h3.replaceSession<T, S>(event, configWith(overrides), data);
}

/** `regenerateSession` of `ironkeep/h3`, with the configuration of this app under what is given. */
export function regenerateSession(
  event: SessionEvent,
  overrides: SessionOverrides,
  options?: RegenerateOptions,
): Promise<Session> {
  return h3.regenerateSession(event, sessionConfig(overrides), options);
}

/** `flashSession` of `ironkeep/h3`, with the configuration of this app under what is given. */
export function flashSession<V = unknown>(
  event: SessionEvent,
  overrides: SessionOverrides,
  key: string,
  value?: unknown,
): Promise<V | undefined> {
  return h3.flashSession<V>(event, sessionConfig(overrides), key, value);
}

/** `touchSession` of `ironkeep/h3`, with the configuration of this app under what is given. */
export function touchSession(event: SessionEvent, overrides?: SessionOverrides): Promise<void> {
  return h3.touchSession(event, sessionConfig(overrides));
}

/** `clearSession` of `ironkeep/h3`, with the configuration of this app under what is given. */
export function clearSession(event: SessionEvent, overrides?: SessionOverrides): Promise<void> {
  return h3.clearSession(event, sessionConfig(overrides));
}

/** `destroySession` of `ironkeep/h3`, with the configuration of this app under what is given. */
export function destroySession(event: SessionEvent, overrides?: SessionOverrides): Promise<void> {
  return h3.destroySession(event, sessionConfig(overrides));
}

/** `sealSession` of `ironkeep/h3`, with the configuration of this app under what is given. */
export function sealSession(event: SessionEvent, overrides?: SessionOverrides): Promise<string> {
  return h3.sealSession(event, sessionConfig(overrides));
}

/** `unsealSession` of `ironkeep/h3`, with the configuration of this app under what is given. */
export function unsealSession(
  event: SessionEvent | null | undefined,
  overrides: SessionOverrides,
  sealed: string,
): Promise<Partial<Session>> {
  return h3.unsealSession(event, sessionConfig(overrides), sealed);
}

function configWith<S extends Schema>(overrides: OverridesWith<S> | undefined): SessionConfigWith<S> {
  return sessionConfig(overrides) as SessionConfigWith<S>;
}
