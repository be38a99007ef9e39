import { requireNamed } from "./route-limits.js";
import { keepFromOthers } from "./session-route.js";

interface NitroWithRules {
  readonly options: { readonly routeRules?: Readonly<Record<string, object>> };
  readonly hooks: { hook(name: "build:before" | "rollup:reload", callback: () => void): unknown };
}

/**
 * A module of Nitro that sees the rules of routes as Nitro has read them: it forgets a proxy that is `false` when it reads them, and
 * Nuxt and other modules may have added some by then.
 */
export const settledRules = {
  name: "ironkeep:rules",
  setup(nitro: NitroWithRules): void {
    const keep = (): void => keepFromOthers(nitro.options.routeRules ?? {});
    keep();
    // Nitro reads them again for those that pages bring.
    nitro.hooks.hook("rollup:reload", keep);
    nitro.hooks.hook("build:before", () => requireNamed(nitro.options.routeRules ?? {}));
  },
};
