import { type } from "arktype";
import type { StandardSchemaResult, StandardSchemaV1 } from "ironkeep/h3";
import * as v from "valibot";
import { z } from "zod";

/** One schema in each library: a required name, trimmed, and visits that are 0 by default. */
export const SCHEMAS = {
  zod: z.object({ name: z.string().trim(), visits: z.number().int().default(0) }),
  valibot: v.object({ name: v.pipe(v.string(), v.trim()), visits: v.optional(v.pipe(v.number(), v.integer()), 0) }),
  arktype: type({ "+": "delete", name: "string.trim", visits: "number.integer = 0" }),
  "valibot, async": v.objectAsync({
    name: v.pipeAsync(
      v.string(),
      v.trim(),
      v.checkAsync(async () => true),
    ),
    visits: v.optional(v.pipe(v.number(), v.integer()), 0),
  }),
} as const;

/** A schema of what gives its result: what a library is not needed for. */
export function schemaOf(
  validate: (value: unknown) => StandardSchemaResult<unknown> | Promise<StandardSchemaResult<unknown>>,
): StandardSchemaV1 {
  return { "~standard": { version: 1, vendor: "test", validate } };
}
