import type { NitroLike } from "./types.js";

/**
 * Nitro's major version, and with it h3's: Nitro 2 has h3 1 inside, Nitro 3 h3 2, whichever h3 the app has beside it.
 *
 * Nitro 3.0.0 tells its version in the options alone, and old ones of nitropack not at all.
 */
export function majorOf({ meta, options }: NitroLike): 2 | 3 {
  if (meta) return meta.majorVersion >= 3 ? 3 : 2;
  const { name, version } = options.framework ?? {};
  return name === "nitro" && version?.startsWith("3.") ? 3 : 2;
}
