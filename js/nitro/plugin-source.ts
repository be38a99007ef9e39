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
  const [closing, closingHooks] = closingHooksOf(nitro);
  return `import { useRuntimeConfig } from "${runtimeConfigOf(nitro)}";
import { startSessions } from "ironkeep/nitro/runtime";
${closing}export default (nitro) => startSessions(nitro, useRuntimeConfig(), ${JSON.stringify(start)}, ${closingHooks});
`;
}

function runtimeConfigOf(nitro: NitroLike): string {
  if (majorOf(nitro) === 2) return "nitropack/runtime";
  return isBefore301(nitro) ? "nitro/runtime" : "nitro/runtime-config";
}

/**
 * What is imported, and called, for the hooks that are called when the server ends. An app on Nitro 3 may switch its hooks off;
 * Nitro calls `close` all the same, of hooks that it makes when somebody asks for them.
 */
function closingHooksOf(nitro: NitroLike): [statement: string, call: string] {
  const isOff = majorOf(nitro) === 3 && !isBefore301(nitro) && nitro.options.features?.runtimeHooks === false;
  return isOff ? ['import { useNitroHooks } from "nitro/app";\n', "useNitroHooks()"] : ["", "nitro.hooks"];
}

/** Whether it is Nitro 3.0.0, which has fewer entries. */
function isBefore301({ options }: NitroLike): boolean {
  return !Array.isArray(options.traceDeps);
}
