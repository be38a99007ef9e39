/** How many numbers a submission has at most. A call has fewer than {@link LARGEST}. */
const ROOM = 4096;
const LARGEST = 32;
/**
 * How many characters a piece of text has at most. A longer value is a piece of its own.
 *
 * Twice as many bytes are allocated for a piece, and from 64 KB on the allocator gives memory back to the system each time.
 */
const PIECE = 16_384;

/** In the place of a value that is not there, and of one of another type: no call has these numbers. */
const ABSENT = Number.NEGATIVE_INFINITY;
const WRONG = Number.NaN;

/**
 * Calls as they go to the engine: the numbers of all in one array, and their texts behind each other, each by its length among
 * the numbers. Node-API takes longer to read one value than the engine to read all numbers of a tick.
 *
 * No code of anybody else runs while a value is written: a text is one already, and what is no number is not made one.
 */
export class Calls {
  /** The first says how many there are, itself included. It is written again for each submission. */
  readonly numbers = new Float64Array(ROOM);
  #at = 1;
  #text = "";
  #pieces: string[] = [];

  get isFull(): boolean {
    return this.#at + LARGEST > ROOM;
  }

  number(value: unknown): void {
    this.numbers[this.#at++] = typeof value === "number" ? value : WRONG;
  }

  optionalNumber(value: unknown): void {
    this.numbers[this.#at++] =
      value === undefined ? ABSENT : typeof value === "number" && value > ABSENT ? value : WRONG;
  }

  text(value: unknown): void {
    if (typeof value !== "string") {
      this.numbers[this.#at++] = WRONG;
      return;
    }
    this.numbers[this.#at++] = value.length;
    if (this.#text.length + value.length <= PIECE) {
      this.#text += value;
    } else {
      if (this.#text !== "") this.#pieces.push(this.#text);
      this.#text = value;
    }
  }

  optionalText(value: unknown): void {
    if (value === undefined) this.numbers[this.#at++] = ABSENT;
    else this.text(value);
  }

  /** The texts of a submission, for which the numbers are ready then. What is written next is of another one. */
  take(): string | string[] {
    this.numbers[0] = this.#at;
    const [text, pieces] = [this.#text, this.#pieces];
    this.#at = 1;
    this.#text = "";
    if (pieces.length === 0) return text;
    this.#pieces = [];
    pieces.push(text);
    return pieces;
  }
}
