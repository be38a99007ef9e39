import type { SchemaOutput, StandardSchemaV1 } from "./standard-schema.js";

// oxlint-disable-next-line typescript/no-explicit-any -- h3's own type: an interface has no index signature to fit `unknown`
export type SessionDataT = Record<string, any>;

/** The data of a session. */
export type SessionData<T extends SessionDataT = SessionDataT> = Partial<T>;

/** A partial to merge into the data, or a function that gives one or changes the data in place, and may be async. */
export type SessionUpdate<T extends SessionDataT = SessionDataT> =
  | Partial<SessionData<T>>
  | ((
      oldData: SessionData<T>,
    ) => Partial<SessionData<T>> | undefined | void | Promise<Partial<SessionData<T>> | undefined | void>);

/** The type of a session's data: what the schema gives, or without one what the caller says. */
export type DataOf<T extends SessionDataT, S extends StandardSchemaV1 | undefined> = [S] extends [StandardSchemaV1]
  ? SchemaOutput<S> extends SessionDataT
    ? SchemaOutput<S>
    : T
  : T;

/** An object without a prototype, so that no key of the data is special. */
export function emptyData(): SessionData {
  return Object.create(null) as SessionData;
}
