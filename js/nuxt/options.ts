import { ironkeepError } from "../errors.js";
import { nearest } from "../nearest.js";

/** What `ironkeep: { … }` in nuxt.config takes. Sessions themselves are configured by `runtimeConfig.session`. */
export interface ModuleOptions {
  /**
   * Names of session data that reach the browser beside `user`. Whoever has the session's cookie can read them.
   * @default []
   */
  expose?: string[];
  /**
   * When `useUserSession()` is filled: `"server"` while a page is rendered, so that it is complete; `"client"` in the browser,
   * so that a page is the same for all, and may be cached. Pages that are cached or prerendered are always filled there.
   * @default "server"
   */
  load?: "client" | "server";
  /** Whether a window that gets the focus looks whether the session is still what it shows. @default true */
  refreshOnFocus?: boolean;
}

/** The options with their defaults. */
export type ResolvedOptions = Required<ModuleOptions>;

const DEFAULTS: ResolvedOptions = { expose: [], load: "server", refreshOnFocus: true };

const FORMS: { readonly [K in keyof ResolvedOptions]: { is(value: unknown): boolean; form: string } } = {
  expose: {
    is: (value) => Array.isArray(value) && value.every((name) => typeof name === "string" && name !== ""),
    form: "a list of names of session data",
  },
  load: { is: (value) => value === "client" || value === "server", form: '"server" or "client"' },
  refreshOnFocus: { is: (value) => typeof value === "boolean", form: "true or false" },
};

/** @throws `ERR_CONFIG` for an option that does not exist or has another form. */
export function resolveOptions(options: object): ResolvedOptions {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  for (const [name, value] of given) {
    if (!Object.hasOwn(FORMS, name)) {
      const meant = nearest(name, Object.keys(FORMS));
      const hint = meant === undefined ? "" : `: did you mean "${meant}"?`;
      throw ironkeepError("ERR_CONFIG", `ironkeep in nuxt.config: there is no option "${name}"${hint}`);
    }
    const { is, form } = FORMS[name as keyof ResolvedOptions];
    if (!is(value)) throw ironkeepError("ERR_CONFIG", `ironkeep.${name} in nuxt.config has to be ${form}`);
  }
  return { ...DEFAULTS, ...(Object.fromEntries(given) as ModuleOptions) };
}
