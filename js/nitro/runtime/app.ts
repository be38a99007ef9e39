import { ironkeepError } from "../../errors.js";
import type { SessionConfig, SessionConfigWith, SessionData } from "../../h3/types.js";
import { createSessions, type Sessions } from "../../sessions/index.js";
import type { StandardSchemaV1 } from "../../standard-schema.js";
import type { SessionStore } from "../../store/types.js";

/** What a handler says beside `runtimeConfig.session`: an option that is given takes the place of that one. */
export type SessionOverrides = SessionConfig;

/** The same, with the type of its schema if it has one. */
export type OverridesWith<S extends StandardSchemaV1 | undefined> = SessionConfigWith<S>;

/** What the server has that was started in this process. */
interface App {
  readonly config: SessionConfig;
  readonly store: SessionStore | undefined;
  /** Configurations that were put together, by what handlers gave: constants, most of them. */
  readonly merged: WeakMap<object, SessionConfig>;
  sessions: Sessions | undefined;
}

/** A process, or a worker of a development server, runs one app; a later start takes the place of an earlier one. */
let app: App | undefined;

/** Bounds them in an app without the module, where every request asks for one and fails. */
const MAX_EARLY = 1000;
/** Configurations that were asked for before the server started, by the modules of its handlers, and what they give. */
const early: { readonly config: SessionConfig; readonly overrides: SessionOverrides | undefined }[] = [];

/** Says which configuration and store the helpers use from now on. */
export function setApp(config: SessionConfig, store: SessionStore | undefined): void {
  app = { config: store ? { ...config, store } : config, store, merged: new WeakMap(), sessions: undefined };
  for (const asked of early.splice(0)) {
    delete asked.config.password;
    Object.assign(asked.config, configOf(app, asked.overrides));
  }
}

function currentApp(): App {
  if (app) return app;
  throw notStarted();
}

function tooEarly(): never {
  throw notStarted();
}

function notStarted(): Error {
  return ironkeepError(
    "ERR_CONFIG",
    'The helpers of ironkeep/nitro/runtime need the Nitro module: add "ironkeep/nitro" to `modules` in the config of Nitro. ' +
      "Where that is done, they can be called as soon as the server has started",
  );
}

/**
 * The configuration of this app's sessions: `runtimeConfig.session`, its store, and what is given. Asked for before the server has
 * started, such as for a middleware that is made when its file is loaded, it is an object that holds all that from the start on.
 */
export function sessionConfig(overrides?: SessionOverrides): SessionConfig {
  if (app) return configOf(app, overrides);
  // What every use of a configuration looks at.
  const config = Object.defineProperty({}, "password", { get: tooEarly, configurable: true, enumerable: true });
  if (early.length < MAX_EARLY) early.push({ config, overrides });
  return config;
}

function configOf({ config, merged }: App, overrides: SessionOverrides | undefined): SessionConfig {
  if (!overrides) return config;
  let both = merged.get(overrides);
  if (!both) {
    both = { ...config, ...overrides };
    if (config.cookie && overrides.cookie) both.cookie = { ...config.cookie, ...overrides.cookie };
    merged.set(overrides, both);
  }
  return both;
}

/**
 * The store of this app's sessions. `undefined` where `runtimeConfig.session` names none.
 *
 * @throws `ERR_CONFIG` where the module `ironkeep/nitro` is not there.
 */
export function useSessionStore(): SessionStore | undefined {
  return currentApp().store;
}

/**
 * The sessions in this app's store, as `createSessions` of `ironkeep/sessions` gives them: to end those of a user, for tasks and
 * scripts.
 *
 * @throws `ERR_CONFIG` where the module `ironkeep/nitro` is not there, and where `runtimeConfig.session` names no store.
 */
export function useSessions<T extends SessionData = SessionData>(): Sessions<T> {
  const current = currentApp();
  return (current.sessions ??= sessionsOf(current)) as Sessions<T>;
}

function sessionsOf({ config, store }: App): Sessions {
  if (!store) {
    throw ironkeepError(
      "ERR_CONFIG",
      "useSessions: the sessions of this app are in their cookies; give runtimeConfig.session a `store`",
    );
  }
  const { password, name, audience, maxAge, idleTimeout, tombstone, deadline, onConflict } = config;
  const all = { password, name, audience, maxAge, idleTimeout, tombstone, deadline, onConflict };
  const given = Object.entries(all).filter(([, option]) => option !== undefined);
  return createSessions({ ...Object.fromEntries(given), store });
}
