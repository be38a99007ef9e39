import type { ImportPreset, NitroOptionsLike } from "./types.js";

/** h3's own are of priority 1. A higher one wins, and nothing is said about it. */
const BEFORE_H3 = 2;

/** What is imported by itself: everything of `ironkeep/nitro/runtime` that handlers call. */
export const HELPERS = [
  "clearSession",
  "destroySession",
  "flashSession",
  "getSession",
  "regenerateSession",
  "replaceSession",
  "sealSession",
  "sessionConfig",
  "touchSession",
  "unsealSession",
  "updateSession",
  "useSession",
  "useSessionStore",
] as const;

/** What is imported by itself from `ironkeep/h3`. */
const H3_HELPERS = ["checkCsrf", "checkOrigin", "createRevocations", "csrfToken", "defineCsrfProtection"] as const;

/** The presets of what is imported by itself. */
export const importPresets: readonly ImportPreset[] = [
  { from: "ironkeep/nitro/runtime", imports: HELPERS, priority: BEFORE_H3 },
  { from: "ironkeep/h3", imports: H3_HELPERS, priority: BEFORE_H3 },
];

/** Has the helpers imported by themselves, where Nitro does that. */
export function importHelpers({ imports }: NitroOptionsLike): void {
  if (typeof imports !== "object" || imports === null) return;
  const { presets = [] } = imports as { presets?: unknown };
  if (!Array.isArray(presets)) return;
  Object.assign(imports, { presets: [...presets, ...importPresets] });
}
