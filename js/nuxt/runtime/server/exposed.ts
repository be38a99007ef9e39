import { useRuntimeConfig } from "#imports";

/** The module's option `expose`. */
export function exposed(): readonly string[] {
  const { expose } = useRuntimeConfig()["ironkeep"] as { expose: readonly string[] };
  return expose;
}
