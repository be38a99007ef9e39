import { ironkeepError } from "../errors.js";
import type { Nuxt } from "./_nuxt.js";

/** The first Nuxt that the module is for. */
const FIRST = [4, 0, 0] as const;
const BEFORE_MAJOR = 5;

/** As Nuxt's modules say it. */
export const compatibility = { nuxt: `>=${FIRST.join(".")} <${BEFORE_MAJOR}` } as const;

/** @throws `ERR_CONFIG` in another Nuxt. */
export function requireCompatible({ _version: version }: Pick<Nuxt, "_version">): void {
  const [major = 0] = version.split(".").map(Number);
  if (major >= FIRST[0] && major < BEFORE_MAJOR) return;
  throw ironkeepError("ERR_CONFIG", `ironkeep/nuxt needs Nuxt ${compatibility.nuxt}, and this is ${version}`);
}
