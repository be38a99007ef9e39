import type { SessionData } from "../data.js";
import { validated } from "../schema.js";
import type { StoredRecord } from "../store/types.js";
import { readRecord } from "./content.js";
import type { Stored } from "./context.js";
import type { Seen } from "./state.js";

/**
 * What the schema makes of data, if there is one.
 *
 * @throws `ERR_SCHEMA`.
 */
export function checked({ schema, name }: Stored, data: SessionData): SessionData | Promise<SessionData> {
  return schema ? validated(schema, data, name) : data;
}

/**
 * What a record holds.
 *
 * @throws `ERR_STORE_CORRUPT`, `ERR_SCHEMA`.
 */
export async function seen(stored: Stored, record: StoredRecord): Promise<Seen> {
  const { data, flash } = readRecord(record.data);
  return { data: stored.schema ? await checked(stored, data) : data, flash };
}
