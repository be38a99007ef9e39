import { majorOf } from "./major.js";
import type { NitroLike } from "./types.js";

/** The plugin's module, which is made of text: what it imports is another package on each major. */
const ID = "#ironkeep/plugin";
/** The name of Nitro's preset that renders pages while it builds. */
const PRERENDERER = "nitro-prerender";

/** Adds the plugin that runs when the server starts. */
export function addPlugin(nitro: NitroLike): void {
  const { options } = nitro;
  if (options.plugins.includes(ID)) return;
  options.virtual[ID] = () => pluginSource(nitro);
  options.plugins.push(ID);
}

function pluginSource(nitro: NitroLike): string {
  const start = {
    generation: majorOf(nitro) === 2 ? 1 : 2,
    isPrerendering: nitro.options.preset === PRERENDERER,
  };
  return `import { useRuntimeConfig } from "${runtimeConfigOf(nitro)}";
import { startSessions } from "ironkeep/nitro/runtime";
export default (nitro) => startSessions(nitro, useRuntimeConfig(), ${JSON.stringify(start)});
`;
}

function runtimeConfigOf(nitro: NitroLike): string {
  if (majorOf(nitro) === 2) return "nitropack/runtime";
  // 3.0.0 has neither of the two.
  return Array.isArray(nitro.options.traceDeps) ? "nitro/runtime-config" : "nitro/runtime";
}
