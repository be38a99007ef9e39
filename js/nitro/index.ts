/**
 * The module for Nitro: `modules: ["ironkeep/nitro"]`, in nitropack 2 and in Nitro 3.
 *
 * @module
 */
import { importHelpers } from "./imports.js";
import { addPlugin } from "./plugin-source.js";
import { requireNode } from "./presets.js";
import { declareSession } from "./session-options.js";
import { traceAddon } from "./tracing.js";
import type { NitroLike, NitroModule } from "./types.js";

export type { ImportPreset, NitroLike, NitroModule, NitroOptionsLike } from "./types.js";
export type { SessionRuntimeConfig } from "./runtime/config.js";

/** What a framework on Nitro may decide, which has its own way of doing it. */
export interface SetupOptions {
  /** Whether the helpers of `ironkeep/nitro/runtime` are imported by themselves, where Nitro does that at all. @default true */
  readonly imports?: boolean | undefined;
}

/**
 * Sets an instance of Nitro up, before it builds: the addon is traced into the output, `runtimeConfig.session` can be set by
 * the environment, the helpers are imported by themselves where that is on, and a plugin keeps the stores and knows the requests.
 *
 * @param nitro an instance of nitropack 2 or Nitro 3.
 * @throws Error for a preset whose runtime loads no addons.
 */
export function setupNitro(nitro: NitroLike, options: SetupOptions = {}): void {
  requireNode(nitro.options.preset);
  declareSession(nitro);
  // A change of the config in development puts another object there.
  nitro.hooks.hook("rollup:reload", () => declareSession(nitro));
  traceAddon(nitro.options);
  addPlugin(nitro);
  if (options.imports !== false) importHelpers(nitro.options);
}

const ironkeep: NitroModule = { name: "ironkeep", setup: (nitro) => setupNitro(nitro) };

export default ironkeep;
