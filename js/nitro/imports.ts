import { fileURLToPath } from "node:url";

import * as h3 from "../h3/index.js";
import * as runtime from "./runtime/index.js";
import type { Import, ImportPreset, NitroOptionsLike } from "./types.js";

/** h3's own are of priority 1. A higher one wins, and nothing is said about it. */
const BEFORE_H3 = 2;

/** The plugin's, and nobody else's. */
const START: keyof typeof runtime = "startSessions";

const helpers = Object.keys(runtime).filter((name) => name !== START);
const others = Object.keys(h3).filter((name) => !(name in runtime));

/** Names with the file of this folder that has their types, which is named without its ending. */
function typed(names: readonly string[], file: string): Import[] {
  const typeFrom = fileURLToPath(new URL(file, import.meta.url));
  return names.map((name) => ({ name, typeFrom }));
}

/** What is imported by itself: the helpers that know the app's configuration, and what `ironkeep/h3` has beside those. */
export const importPresets: readonly ImportPreset[] = [
  { from: "ironkeep/nitro/runtime", imports: typed(helpers, "runtime/index"), priority: BEFORE_H3 },
  { from: "ironkeep/h3", imports: typed(others, "../h3/index"), priority: BEFORE_H3 },
];

/** Has the helpers imported by themselves, where Nitro does that. */
export function importHelpers({ imports }: NitroOptionsLike): void {
  if (typeof imports !== "object" || imports === null) return;
  const { presets = [] } = imports as { presets?: unknown };
  if (!Array.isArray(presets)) return;
  Object.assign(imports, { presets: [...presets, ...importPresets] });
}
