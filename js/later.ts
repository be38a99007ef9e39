/**
 * Goes on with a value: at once when it is there, else when its promise is fulfilled.
 *
 * Nearly every session is opened and sealed without a wait, and a promise for each step would cost more than the step.
 */
export function whenReady<T, U>(value: T | Promise<T>, then: (value: T) => U | Promise<U>): U | Promise<U> {
  return value instanceof Promise ? value.then(then) : then(value);
}
