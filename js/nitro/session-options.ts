import { randomKey } from "#engine";

import type { NitroLike } from "./types.js";

/** Variables of the environment that hold a password, or the keys of a ring. */
const VARIABLES = [
  "NUXT_SESSION_PASSWORD",
  "NITRO_SESSION_PASSWORD",
  "_SESSION_PASSWORD",
  "SESSION_PASSWORD",
  "IRONKEEP_KEYS",
];

/** Nitro sets by the environment what is there when it builds, and nothing else. Empty texts count as not set. */
const FROM_ENVIRONMENT = {
  password: "",
  name: "",
  maxAge: "",
  idleTimeout: "",
  audience: "",
  cookie: { domain: "" },
  store: { driver: "", path: "", url: "" },
};

/** Passwords for development, so that a change of the config ends no session. */
const made = new WeakMap<NitroLike, string>();

/** Puts `session` into the runtime config, so that `NITRO_SESSION_*` (in Nuxt `NUXT_SESSION_*`) can set it when the server starts. */
export function declareSession(nitro: NitroLike): void {
  const config = nitro.options.runtimeConfig as { session?: Record<string, unknown> };
  const given = config.session ?? {};
  config.session = {
    ...FROM_ENVIRONMENT,
    ...given,
    cookie: merged(FROM_ENVIRONMENT.cookie, given["cookie"]),
    store: merged(FROM_ENVIRONMENT.store, given["store"]),
  };
  if (nitro.options.dev && !config.session["password"] && !hasPassword())
    config.session["password"] = developmentPassword(nitro);
}

function merged(defaults: object, given: unknown): unknown {
  return typeof given === "object" && given !== null ? { ...defaults, ...given } : (given ?? defaults);
}

/** Whether the environment has a password, or the keys of a ring. */
export function hasPassword(): boolean {
  return VARIABLES.some((name) => process.env[name]);
}

function developmentPassword(nitro: NitroLike): string {
  const known = made.get(nitro);
  if (known !== undefined) return known;
  nitro.logger.info(
    "Ironkeep made a session password for this development server: sessions end with it. To keep them, put " +
      "NITRO_SESSION_PASSWORD=<npx ironkeep keys generate> into .env",
  );
  const password = randomKey();
  made.set(nitro, password);
  return password;
}
