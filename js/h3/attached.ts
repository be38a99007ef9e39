/** A constructor that gives back its argument: the private fields of a class that extends it are put on that object. */
const Given = function given(owner: object) {
  return owner;
} as unknown as new (owner: object) => object;

/** One value for each object, which nothing else sees, copies or changes. */
export interface Attachment<T> {
  of(owner: object): T | undefined;
  /** Gives an object that has none its value. */
  put(owner: object, value: T): void;
}

/**
 * What is kept of a request, on its event or context.
 *
 * As in a WeakMap, but without the cost of one: V8 walks all new entries in each collection of young objects, which made
 * those pauses 2 to 4 ms long, and not a tenth of one, at some hundred requests a second.
 */
export function attachment<T>(): Attachment<T> {
  class Attached extends Given {
    readonly #value: T;

    constructor(owner: object, value: T) {
      super(owner);
      this.#value = value;
    }

    static of(owner: object): T | undefined {
      return #value in owner ? owner.#value : undefined;
    }
  }
  return {
    of: (owner) => Attached.of(owner),
    put: (owner, value) => void new Attached(owner, value),
  };
}
