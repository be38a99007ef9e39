import { randomKey } from "#engine";

import { ironkeepError } from "../../errors.js";
import { record } from "../../h3/request.js";
import { checkSession } from "../../h3/start.js";
import type { SessionConfig, SessionEvent } from "../../h3/types.js";
import { createKeyring } from "../../keyring/index.js";
import { createStore } from "../../store/index.js";
import { setApp } from "./app.js";
import { readRuntimeConfig } from "./config.js";
import { keepStore } from "./kept-store.js";

/** The running server: what nitropack 2 and Nitro 3 have in common, as far as it is needed. */
export interface NitroAppLike {
  /** Not there in Nitro 3 where the app says that it has no hooks. */
  readonly hooks?: Hooks | undefined;
  /** Nitro 3's h3. */
  readonly h3?: H3Like | undefined;
  /** The same in Nitro 3.0.0, whose hook for requests comes before h3 has made an event. */
  readonly _h3?: H3Like | undefined;
}

interface H3Like {
  readonly config: { onRequest?: ((event: never) => unknown) | undefined };
}

/** The hooks of a server, whose own types differ. */
export interface Hooks {
  hook(name: never, callback: never): unknown;
}

/** What is known when the server is built. */
export interface StartOptions {
  /** Which iterations sealed sessions are written with where the configuration does not say: those of the app's h3. */
  readonly generation: 1 | 2;
  /** Whether pages are rendered while the app is built: there are no sessions then, and needs be no secret. */
  readonly isPrerendering: boolean;
}

/**
 * Starts sessions in a server: reads `runtimeConfig.session`, makes its store, and records each request. The Nitro module has a
 * plugin made that calls it.
 *
 * @param closing the hooks of which `close` is called when the server ends: the app's, where it has some.
 * @throws `ERR_CONFIG` for a configuration that cannot work, and where there is no password; `ERR_KEY_WEAK` for a password that
 * cannot sign the ids of stored sessions; as `createStore`.
 */
export function startSessions(
  app: NitroAppLike,
  runtimeConfig: object,
  options: StartOptions,
  closing: Hooks | undefined = app.hooks,
): void {
  onRequest(app, record);
  const { config, store: storeOptions } = readRuntimeConfig((runtimeConfig as { session?: unknown }).session);
  if (config.generation === undefined) config.generation = options.generation;
  // Where pages are rendered nothing is sealed, and a configuration has a password all the same.
  if (options.isPrerendering) return setApp({ ...config, password: randomKey() }, undefined);

  config.password ||= environmentPassword();
  const store = storeOptions && createStore(storeOptions);
  try {
    checkSession(store ? { ...config, store } : config, options.generation);
  } catch (error) {
    void store?.close();
    throw error;
  }
  setApp(config, store);
  if (store) {
    const stop = keepStore(store);
    (closing as AnyHooks | undefined)?.hook("close", stop);
  }
}

/** @throws `ERR_CONFIG` where there is none: the server would start, and fail at its first visitor. */
function environmentPassword(): NonNullable<SessionConfig["password"]> {
  const { NUXT_SESSION_PASSWORD, SESSION_PASSWORD, IRONKEEP_KEYS } = process.env;
  if (IRONKEEP_KEYS) return createKeyring();
  const password = NUXT_SESSION_PASSWORD || SESSION_PASSWORD;
  if (password) return password;
  throw ironkeepError(
    "ERR_CONFIG",
    "There is no password for the sessions: set NITRO_SESSION_PASSWORD (in Nuxt NUXT_SESSION_PASSWORD) to what this makes: " +
      "npx ironkeep keys generate",
  );
}

function onRequest({ hooks, h3, _h3 }: NitroAppLike, callback: (event: SessionEvent) => void): void {
  if (hooks && !_h3) {
    (hooks as AnyHooks).hook("request", (event) => callback(event as SessionEvent));
    return;
  }
  const config = (_h3 ?? h3)?.config as { onRequest?: (event: SessionEvent) => unknown } | undefined;
  if (!config) return;
  const theirs = config.onRequest;
  config.onRequest = (event) => {
    callback(event);
    return theirs?.(event);
  };
}

interface AnyHooks {
  hook(name: string, callback: (argument: unknown) => unknown): unknown;
}
