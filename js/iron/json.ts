import { ironkeepError } from "../errors.js";

/**
 * `JSON.stringify` for data that survives it unchanged: plain objects, arrays, strings, booleans, finite numbers and null.
 *
 * @throws `ERR_CONFIG` for everything else, as iron-webcrypto 2 does: what would come back as something else, or not at all.
 */
export function stringifyLossless(data: unknown): string {
  try {
    // What has a cycle ends here, so that the walk needs no memory of where it has been.
    const text = JSON.stringify(data) as string | undefined;
    if (text && isLossless(data)) return text;
  } catch {
    // A cycle, a getter that throws: not serialisable either.
  }
  throw ironkeepError("ERR_CONFIG", "Data is not JSON serializable");
}

/** @throws `ERR_SEAL_INVALID`; the parser's own message quotes the data, so it is left out. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw ironkeepError("ERR_SEAL_INVALID", "Failed parsing sealed object JSON: the text is not JSON");
  }
}

/** Walks without recursion, so that deep data cannot exhaust the stack. */
function isLossless(data: unknown): boolean {
  const open: unknown[] = [data];
  while (open.length > 0) {
    const value = open.pop();
    switch (typeof value) {
      case "string":
      case "boolean":
        break;
      case "number":
        if (!Number.isFinite(value)) return false;
        break;
      case "object":
        if (value !== null && !openUp(value, open)) return false;
        break;
      default:
        return false;
    }
  }
  return true;
}

/** Adds what an object or array holds to `open`. A property that is undefined is lost in every JSON, and accepted. */
function openUp(value: object, open: unknown[]): boolean {
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) open.push(value[index]);
    return true;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype) return false;
  const keys = Object.keys(value);
  // The others are symbols or hidden, and would be lost.
  if (Reflect.ownKeys(value).length !== keys.length) return false;
  for (const key of keys) {
    const item = (value as Readonly<Record<string, unknown>>)[key];
    if (typeof item !== "string" && item !== undefined) open.push(item);
  }
  return true;
}
