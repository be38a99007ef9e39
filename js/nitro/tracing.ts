import type { NitroOptionsLike } from "./types.js";

/** The package and those of its binaries, as they are imported and as files. */
const OURS = /^ironkeep(?:-[\da-z-]+)?(?:\/|$)|[/\\]node_modules[/\\]ironkeep(?:-[\da-z-]+)?[/\\]/;
/** What is compiled into a Nuxt app: it imports what only the app's bundler resolves. */
const OF_THE_APP = /[/\\]ironkeep[/\\]dist[/\\]nuxt[/\\]runtime[/\\]/;

function isOurs(id: unknown): boolean {
  return typeof id === "string" && OURS.test(id) && !OF_THE_APP.test(id);
}

/**
 * Has the package copied into the output as it is, with its binary: bundled, its loader would look for the binary beside the
 * bundle.
 */
export function traceAddon(options: NitroOptionsLike): void {
  const { traceDeps, externals } = options;
  if (Array.isArray(traceDeps) && !traceDeps.includes("ironkeep")) traceDeps.push("ironkeep");
  // A function outranks every other matcher, and so the one by which Nuxt bundles the packages of its modules.
  if (isObject(externals)) {
    const external = (externals["external"] ??= []);
    if (Array.isArray(external) && !external.includes(isOurs)) external.push(isOurs);
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
