/** One name that is imported by itself. */
export interface Import {
  readonly name: string;
  /** The file of its types. Nitro 2 would take the path of an entry of the package for the path of a file. */
  readonly typeFrom: string;
}

/** How Nitro's import presets say what is imported from where. */
export interface ImportPreset {
  readonly from: string;
  readonly imports: readonly Import[];
  /** That of other presets is 1, and of two of one name the higher one is taken, in silence. */
  readonly priority?: number;
}

/**
 * Nitro while it builds: what nitropack 2 and Nitro 3 have in common, as far as it is needed. Neither is imported, and an
 * instance of either fits.
 */
export interface NitroLike {
  readonly meta?: { readonly majorVersion: number };
  readonly options: NitroOptionsLike;
  readonly logger: { info(message: string): void };
  readonly hooks: { hook(name: "rollup:reload", callback: () => void): unknown };
}

/** Nitro's options, as far as they are needed. */
export interface NitroOptionsLike {
  readonly preset?: string | undefined;
  readonly dev?: boolean | undefined;
  readonly framework?: { readonly name?: string | undefined; readonly version?: string | undefined } | undefined;
  /** Nitro 3's. */
  readonly features?: { readonly runtimeHooks?: boolean | undefined } | undefined;
  readonly plugins: string[];
  readonly virtual: Record<string, string | (() => string | Promise<string>)>;
  runtimeConfig: object;
  /** `false` where nothing is imported by itself. */
  readonly imports?: unknown;
  /** nitropack's, for its builds. */
  readonly externals?: unknown;
  /** Nitro's since 3.0.1. */
  readonly traceDeps?: unknown;
}

/** A module of Nitro, of both majors. */
export interface NitroModule {
  readonly name: string;
  readonly setup: (nitro: NitroLike) => void;
}
