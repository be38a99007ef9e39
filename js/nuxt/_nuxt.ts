/**
 * Nuxt, as far as the module looks at it. Nothing of Nuxt or its kit is imported: what the kit's helpers do for a module is
 * these hooks and lists.
 */
export interface Nuxt {
  /** Nuxt's version. */
  readonly _version: string;
  readonly options: NuxtOptions;
  hook(name: "imports:extend", hook: (imports: Import[]) => void): unknown;
  hook(name: "nitro:config", hook: (config: NitroConfig) => void): unknown;
}

interface NuxtOptions {
  readonly dev: boolean;
  /** Whether Nuxt only writes its types, as when packages are installed. */
  readonly _prepare?: boolean;
  readonly rootDir: string;
  plugins: unknown[];
  runtimeConfig: object;
}

export interface Import {
  name: string;
  from: string;
}

/** What Nuxt tells Nitro. */
export interface NitroConfig {
  modules?: unknown[];
  plugins?: string[];
  handlers?: unknown[];
  routeRules?: Record<string, unknown>;
}

/** What Nuxt asks a module about itself. No interface: Nuxt's own type takes any key. */
export type ModuleMeta = {
  readonly name: string;
  readonly version: string;
  readonly configKey: string;
  readonly compatibility: { readonly nuxt: string };
};
