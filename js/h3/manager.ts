import { emptyData, type Live } from "./state.js";
import type { SessionData, SessionManager } from "./types.js";

const LIVE = Symbol("ironkeep.live");

interface Reader {
  readonly [LIVE]: Live;
}

/**
 * What a manager reads, as properties of its own, as h3's has them.
 *
 * They are the same functions on every manager. Getters that are written into a literal are new ones each time, and V8 then
 * makes a shape for each object, which keeps the whole request alive until the next full collection.
 */
const reads: PropertyDescriptorMap & ThisType<Reader> = {
  id: {
    get() {
      return this[LIVE].session?.id || undefined;
    },
    enumerable: true,
    configurable: true,
  },
  data: {
    get() {
      return this[LIVE].session?.data ?? emptyData();
    },
    enumerable: true,
    configurable: true,
  },
};

/** Adds `id` and `data`, as they are when they are read, to what else a manager does. */
export function withReads<T extends SessionData>(
  live: Live,
  writes: Pick<SessionManager<T>, "clear" | "update">,
): SessionManager<T> {
  // Not enumerable, or a manager that is logged would show what the session holds.
  Object.defineProperty(writes, LIVE, { value: live });
  return Object.defineProperties(writes, reads) as SessionManager<T>;
}
