import { ironkeepError } from "../../errors.js";
import type { SessionConfig, SessionConfigWith } from "../../h3/types.js";
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
}

/** A process, or a worker of a development server, runs one app; a later start takes the place of an earlier one. */
let app: App | undefined;

/** Says which configuration and store the helpers use from now on. */
export function setApp(config: SessionConfig, store: SessionStore | undefined): void {
  app = { config: store ? { ...config, store } : config, store, merged: new WeakMap() };
}

function currentApp(): App {
  if (app) return app;
  throw ironkeepError(
    "ERR_CONFIG",
    'The helpers of ironkeep/nitro/runtime need the Nitro module: add "ironkeep/nitro" to `modules` in the config of Nitro',
  );
}

/**
 * The configuration of this app's sessions: `runtimeConfig.session`, its store, and what is given.
 *
 * @throws `ERR_CONFIG` where the module `ironkeep/nitro` is not there.
 */
export function sessionConfig(overrides?: SessionOverrides): SessionConfig {
  const { config, merged } = currentApp();
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
 * The store of this app's sessions, for tasks and scripts: `createSessions({ ...sessionConfig() })` of `ironkeep/sessions`.
 * `undefined` where `runtimeConfig.session` names none.
 *
 * @throws `ERR_CONFIG` where the module `ironkeep/nitro` is not there.
 */
export function useSessionStore(): SessionStore | undefined {
  return currentApp().store;
}
