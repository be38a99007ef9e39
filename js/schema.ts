import { emptyData, type SessionData } from "./data.js";
import { ironkeepError, type IronkeepError } from "./errors.js";
import type { StandardSchemaIssue, StandardSchemaResult, StandardSchemaV1 } from "./standard-schema.js";

/** Issues that a message names. */
const MAX_NAMED = 10;
/** Keys that look like names in a program. Other keys of a path may be data, such as the keys of a record. */
const NAME = /^[A-Za-z_$][\w$-]{0,31}$/;

/**
 * What a schema makes of a session's data: its output, with defaults and transformations, as an object without a prototype.
 *
 * Empty data is accepted by every schema, since it is what a session has before anything is written: then the output is that
 * of the schema, or empty too.
 *
 * @throws `ERR_SCHEMA` with the paths of the issues, and never a value; `ERR_CONFIG` for what is no schema; what the schema
 * itself throws.
 */
export function validated(
  schema: StandardSchemaV1,
  data: SessionData,
  name: string,
): SessionData | Promise<SessionData> {
  const standard = (schema as Partial<StandardSchemaV1> | null)?.["~standard"];
  if (typeof standard?.validate !== "function") {
    throw ironkeepError(
      "ERR_CONFIG",
      `The schema of the session "${name}" is no Standard Schema: pass one of zod, valibot, arktype or another that has "~standard"`,
    );
  }
  // Without a prototype, so that no key is there which nobody wrote.
  const input: unknown = typeof data === "object" && !Array.isArray(data) ? Object.assign(emptyData(), data) : data;
  const result = standard.validate(input);
  return isPromise(result)
    ? Promise.resolve(result).then((late) => outputOf(late, data, name))
    : outputOf(result, data, name);
}

/**
 * The same for data that may be changed while an async schema looks at it: what it makes of the data as they are when this ends.
 *
 * @throws as {@link validated}.
 */
export async function validatedNow(schema: StandardSchemaV1, data: SessionData, name: string): Promise<SessionData> {
  for (;;) {
    const before = Object.assign(emptyData(), data);
    const output = validated(schema, data, name);
    const made = output instanceof Promise ? await output : output;
    if (isSame(before, data)) return made;
  }
}

/** Whether two objects hold the same values under the same keys. */
export function isSame(a: SessionData, b: SessionData): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => key in b && Object.is(a[key], b[key]));
}

function outputOf(result: StandardSchemaResult<unknown>, data: SessionData, name: string): SessionData {
  if (result.issues) {
    if (isEmpty(data)) return emptyData();
    throw schemaError(name, result.issues);
  }
  const { value } = result;
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw ironkeepError("ERR_SCHEMA", `The schema of the session "${name}" gives no object, and data has to be one`);
  }
  // Own keys alone: whatever prototype a schema gives its output, none of it is data.
  return Object.assign(emptyData(), value);
}

function isEmpty(data: unknown): boolean {
  return data === undefined || data === null || (typeof data === "object" && Reflect.ownKeys(data).length === 0);
}

function isPromise<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof (value as Partial<PromiseLike<T>> | undefined)?.then === "function";
}

/** The messages of a schema quote values, so none is passed on. */
function schemaError(name: string, issues: readonly StandardSchemaIssue[]): IronkeepError {
  const paths = [...new Set(issues.map((issue) => pathOf(issue)))];
  const more = paths.length > MAX_NAMED ? ` and ${paths.length - MAX_NAMED} more` : "";
  return ironkeepError(
    "ERR_SCHEMA",
    `The data of the session "${name}" does not match its schema, at: ${paths.slice(0, MAX_NAMED).join(", ")}${more}`,
  );
}

function pathOf({ path }: StandardSchemaIssue): string {
  if (!path || path.length === 0) return "the whole";
  return Array.from(path, (part) => keyOf(typeof part === "object" ? part.key : part)).join(".");
}

function keyOf(key: PropertyKey): string {
  if (typeof key === "number") return String(key);
  return typeof key === "string" && NAME.test(key) ? key : "*";
}
