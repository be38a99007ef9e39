import { fileURLToPath } from "node:url";

import { packageVersion } from "../cli/package.js";
import nitroModule from "../nitro/index.js";
import type { ModuleMeta, Nuxt } from "./_nuxt.js";
import { compatibility, requireCompatible } from "./compatibility.js";
import { giveDevelopmentPassword } from "./development-password.js";
import { type ModuleOptions, type ResolvedOptions, resolveOptions } from "./options.js";
import { nameLimits } from "./route-limits.js";
import { neverCache, sessionHandlers } from "./session-route.js";
import { settledRules } from "./settled-rules.js";

/** nuxt-auth-utils' name, so that its users' cookies are found. */
const SESSION_NAME = "nuxt-session";
const CONFIG_KEY = "ironkeep";

/** The module as Nuxt calls it: what its `defineNuxtModule` makes, without Nuxt's kit. */
export interface IronkeepModule {
  (this: void, options: ModuleOptions, nuxt: Nuxt): Promise<false | void>;
  getMeta(): Promise<ModuleMeta>;
}

const installedIn = new WeakSet<Nuxt>();

async function setup(inlineOptions: ModuleOptions, nuxt: Nuxt): Promise<false | void> {
  const configured = (nuxt.options as Partial<Record<typeof CONFIG_KEY, ModuleOptions | false>>)[CONFIG_KEY];
  // A layer may name it too.
  if (configured === false || installedIn.has(nuxt)) return false;
  installedIn.add(nuxt);
  requireCompatible(nuxt);
  const options = resolveOptions({ ...configured, ...inlineOptions });
  configureSession(nuxt, options);
  addToApp(nuxt, options);
  addToServer(nuxt);
}

/** What is in a folder of runtime/, which Nuxt compiles into the app. */
const runtime = (path: string): string => fileURLToPath(new URL(`runtime/${path}`, import.meta.url));

/** A plugin of the app, for one of the two sides. */
const plugin = (name: string, mode: "client" | "server"): object => ({ src: runtime(`app/plugins/${name}`), mode });

function configureSession(nuxt: Nuxt, { expose }: ResolvedOptions): void {
  const { dev, _prepare: onlyTypes = false, rootDir, runtimeConfig } = nuxt.options;
  const config = runtimeConfig as { session?: { password?: unknown }; [CONFIG_KEY]?: object };
  // The environment fills in what is there, so that the password has to be.
  config.session = { name: SESSION_NAME, password: "", ...config.session } as { password?: unknown };
  config[CONFIG_KEY] = { ...config[CONFIG_KEY], expose };
  const done = dev && !onlyTypes ? giveDevelopmentPassword(rootDir, config.session.password) : undefined;
  if (done !== undefined) tell(nuxt, done);
}

/** By the log of Nitro, which is there once that is. */
function tell(nuxt: Nuxt, message: string): void {
  const teller = {
    name: "ironkeep:password",
    setup: ({ logger }: { logger: { info(message: string): void } }) => logger.info(message),
  };
  nuxt.hook("nitro:config", (config) => {
    config.modules = [...(config.modules ?? []), teller];
  });
}

function addToApp(nuxt: Nuxt, { load, refreshOnFocus }: ResolvedOptions): void {
  nuxt.hook("imports:extend", (imports) => {
    imports.push({ name: "useUserSession", from: runtime("app/composables/use-user-session") });
  });
  nuxt.options.plugins.unshift(
    plugin("session.server", "server"),
    ...(load === "server" ? [plugin("fill.server", "server")] : []),
    plugin("session.client", "client"),
    ...(refreshOnFocus ? [plugin("focus.client", "client")] : []),
  );
}

function addToServer(nuxt: Nuxt): void {
  nuxt.hook("nitro:config", (config) => {
    config.modules = [...(config.modules ?? []), nitroModule, settledRules];
    config.plugins = [...(config.plugins ?? []), runtime("server/plugins/user-session")];
    config.handlers = [...(config.handlers ?? []), ...sessionHandlers];
    if (nameLimits(config)) {
      // In front of those of other modules; what is in server/middleware comes before all of these.
      config.handlers.unshift({ middleware: true, handler: runtime("server/middleware/rate-limit") });
      config.plugins.push(runtime("server/plugins/limited-proxies"));
    }
    neverCache(config);
  });
}

const ironkeep: IronkeepModule = Object.assign(setup, {
  getMeta: async (): Promise<ModuleMeta> => ({
    name: "ironkeep",
    version: packageVersion(),
    configKey: CONFIG_KEY,
    compatibility,
  }),
});

export default ironkeep;
