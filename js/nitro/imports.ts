import * as h3 from "../h3/index.js";
import * as runtime from "./runtime/index.js";
import type { ImportPreset, NitroOptionsLike } from "./types.js";

/** h3's own are of priority 1. A higher one wins, and nothing is said about it. */
const BEFORE_H3 = 2;

/** The plugin's, and nobody else's. */
const START: keyof typeof runtime = "startSessions";

const helpers = Object.keys(runtime).filter((name) => name !== START);

/** What is imported by itself: the helpers that know the app's configuration, and what `ironkeep/h3` has beside those. */
export const importPresets: readonly ImportPreset[] = [
  { from: "ironkeep/nitro/runtime", imports: helpers, priority: BEFORE_H3 },
  { from: "ironkeep/h3", imports: Object.keys(h3).filter((name) => !(name in runtime)), priority: BEFORE_H3 },
];

/** Has the helpers imported by themselves, where Nitro does that. */
export function importHelpers({ imports }: NitroOptionsLike): void {
  if (typeof imports !== "object" || imports === null) return;
  const { presets = [] } = imports as { presets?: unknown };
  if (!Array.isArray(presets)) return;
  Object.assign(imports, { presets: [...presets, ...importPresets] });
}
