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
  hook(name: "prepare:types" | "nitro:prepare:types", hook: (types: { references: Reference[] }) => void): unknown;
}

interface NuxtOptions {
  readonly dev: boolean;
  /** Whether Nuxt only writes its types, as when packages are installed. */
  readonly _prepare?: boolean;
  readonly rootDir: string;
  plugins: unknown[];
  serverHandlers: unknown[];
  runtimeConfig: object;
  alias: Record<string, string>;
}

export interface Import {
  name: string;
  from: string;
}

type Reference = { types: string } | { path: string };

/** What Nuxt tells Nitro. */
export interface NitroConfig {
  modules?: unknown[];
  plugins?: string[];
  routeRules?: Record<string, unknown>;
  externals?: { external?: unknown[]; traceInclude?: string[] };
}

/** What Nuxt asks a module about itself. */
export interface ModuleMeta {
  readonly name: string;
  readonly version: string;
  readonly configKey: string;
  readonly compatibility: { readonly nuxt: string };
}
