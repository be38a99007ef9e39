// Keys by number: addresses, as limits are most often by. Each is a text that nobody has hashed yet, as one that a request
// brings; V8 remembers the hash of a text, and a benchmark that uses its keys again measures a server that knows its clients'.

/** Keys are visited in this stride, which shares no factor with their number: neighbours are far from each other. */
const STRIDE = 611_953;
const text = Buffer.alloc(16);

/** Writes a number of up to three digits and gives where it ends. */
function write(number, at) {
  let end = at;
  if (number >= 100) text[end++] = 48 + Math.floor(number / 100);
  if (number >= 10) text[end++] = 48 + (Math.floor(number / 10) % 10);
  text[end++] = 48 + (number % 10);
  return end;
}

/** The key of an index below 2^24. */
function keyAt(index) {
  let end = write(10, 0);
  for (const byte of [(index >>> 16) & 0xff, (index >>> 8) & 0xff, index & 0xff]) {
    text[end++] = 46;
    end = write(byte, end);
  }
  return text.latin1Slice(0, end);
}

/** The keys of the visits from `first`, `count` of them, when so many keys `of` there are visited in turn. */
export const keysOf = ({ first, count, of }) =>
  Array.from({ length: count }, (_, visit) => keyAt(((first + visit) * STRIDE) % of));
