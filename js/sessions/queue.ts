import type { SessionStore } from "../store/types.js";
import type { Waiting } from "./waiting.js";

/** Of the time that is left. Who is before may be in a slow function of the app, and out of turn a write may still get through. */
const WAIT_SHARE = 0.8;

/** The last of those who wait for a session of a store, by its key. */
const queues = new WeakMap<SessionStore, Map<string, Promise<void>>>();

/**
 * A place among the writes of this process that lost against another one of the same session.
 *
 * Without it they go on losing against each other: of a hundred at once most would not get through within the deadline. Other
 * processes have queues of their own, and who has not lost yet waits for nobody, so a place promises nothing: the version decides.
 */
export class Place {
  readonly #store: SessionStore;
  readonly #key: string;
  #release: (() => void) | undefined;

  constructor(store: SessionStore, key: string) {
    this.#store = store;
    this.#key = key;
  }

  /** Whether this write has lost before, and waited. */
  get isTaken(): boolean {
    return this.#release !== undefined;
  }

  /** Waits for those who lost before. Says whether there is time left. */
  async take(waiting: Waiting): Promise<boolean> {
    const queue = queues.get(this.#store) ?? new Map<string, Promise<void>>();
    queues.set(this.#store, queue);
    const before = queue.get(this.#key);
    const mine = new Promise<void>((resolve) => {
      this.#release = resolve;
    });
    const last = before ? before.then(() => mine) : mine;
    queue.set(this.#key, last);
    void last.then(() => {
      if (queue.get(this.#key) === last) queue.delete(this.#key);
    });
    return before ? waiting.waitFor(before, WAIT_SHARE) : waiting.hasTime;
  }

  /** Lets the next one go on; who has waited for nobody has nobody behind. */
  end(): void {
    this.#release?.();
  }
}

/** Runs a write that may have to queue. */
export async function withPlace<T>(store: SessionStore, key: string, write: (place: Place) => Promise<T>): Promise<T> {
  const place = new Place(store, key);
  try {
    return await write(place);
  } finally {
    place.end();
  }
}
