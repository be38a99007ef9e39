// Calls of a store as js/store/calls.ts writes them, and with anything in their place.

/** In the place of a value that is not there, and of one of another type. */
const ABSENT = Number.NEGATIVE_INFINITY;
const WRONG = Number.NaN;

/** A value as one number: itself, or for a text its length. */
function numberOf(value) {
  if (value === undefined) return ABSENT;
  if (typeof value === "string") return value.length;
  return typeof value === "number" ? value : WRONG;
}

/**
 * One call, or several behind each other, whose values are written as they are.
 *
 * @param values the head's five, then those of the operation.
 * @returns `[numbers, texts]`, the arguments of `submit`.
 */
export function written(...values) {
  const numbers = Float64Array.of(values.length + 1, ...values.map(numberOf));
  return [numbers, values.filter((value) => typeof value === "string").join("")];
}
