import { ironkeepError } from "../errors.js";

/**
 * `JSON.stringify` for data that survives it unchanged: plain objects, arrays, strings, booleans, finite numbers and null.
 *
 * @throws `ERR_CONFIG` for everything else, as iron-webcrypto 2 does: what would come back as something else, or not at all.
 */
export function stringifyLossless(data: unknown): string {
  try {
    if (isLossless(data)) {
      const text = JSON.stringify(data) as string | undefined;
      if (text) return text;
    }
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

/** Walks without recursion, so that deep data cannot exhaust the stack; cycles are left to `JSON.stringify`. */
function isLossless(data: unknown): boolean {
  const seen = new Set<object>();
  const open: object[] = [];
  const accept = (value: unknown): boolean => {
    switch (typeof value) {
      case "string":
      case "boolean":
        return true;
      case "number":
        return Number.isFinite(value);
      case "object":
        if (value !== null && !seen.has(value)) {
          seen.add(value);
          open.push(value);
        }
        return true;
      default:
        return false;
    }
  };
  if (!accept(data)) return false;
  for (let value = open.pop(); value; value = open.pop()) {
    if (!(Array.isArray(value) ? Array.from(value).every((item) => accept(item)) : isPlain(value, accept)))
      return false;
  }
  return true;
}

/** An own key that is hidden or a symbol would be lost; a property that is undefined is lost in every JSON, and accepted. */
function isPlain(value: object, accept: (value: unknown) => boolean): boolean {
  const prototype: unknown = Reflect.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype) return false;
  return Reflect.ownKeys(value).every((key) => {
    if (typeof key !== "string" || !Object.prototype.propertyIsEnumerable.call(value, key)) return false;
    const item = (value as Readonly<Record<string, unknown>>)[key];
    return item === undefined || accept(item);
  });
}
