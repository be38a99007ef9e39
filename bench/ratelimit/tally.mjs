// What contenders decided.

/** Counts decisions. What each says is read, so that nobody is measured who leaves the reading to others. */
export class Tally {
  admitted = 0;
  refused = 0;
  #read = 0;

  note = (allowed, remaining, wait) => {
    if (allowed) this.admitted++;
    else this.refused++;
    this.#read += remaining + wait;
  };

  /** Throws unless so many were decided, each as it had to be, and every decision had its numbers. */
  check(name, { count, isAdmitted }) {
    const wanted = isAdmitted ? this.admitted : this.refused;
    if (wanted === count && this.admitted + this.refused === count && Number.isFinite(this.#read)) return;
    throw new Error(`${name}: of ${count} requests ${this.admitted} were admitted and ${this.refused} refused`);
  }
}

/** Runs the keys through so many lanes at once: each takes the next as soon as its last is decided. */
export async function decideAll({ lane }, keys, { inFlight = 1, note }) {
  let at = 0;
  const next = () => keys[at++];
  if (inFlight === 1) await lane(next, note);
  else await Promise.all(Array.from({ length: inFlight }, () => lane(next, note)));
}
