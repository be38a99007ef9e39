import type { SessionStore } from "../store/types.js";
import { warnOnce } from "../warn.js";
import type { SessionEvents } from "./types.js";

/** Hears of one event. What it throws, or rejects with, harms nothing. */
export type SessionListener<K extends keyof SessionEvents> = (event: SessionEvents[K]) => unknown;

/** Tells listeners what happens to sessions. */
export class Emitter {
  readonly #listeners = new Map<keyof SessionEvents, Set<SessionListener<never>>>();

  /** Gives what ends the listening. */
  on<K extends keyof SessionEvents>(name: K, listener: SessionListener<K>): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners);
    // A function of its own, so that one that listens twice is heard twice.
    const own: SessionListener<K> = (event) => listener(event);
    listeners.add(own);
    return () => void listeners.delete(own);
  }

  /** Whether anybody would hear of it. */
  hears(name: keyof SessionEvents): boolean {
    return (this.#listeners.get(name)?.size ?? 0) > 0;
  }

  emit<K extends keyof SessionEvents>(name: K, event: SessionEvents[K]): void {
    const listeners = this.#listeners.get(name);
    if (!listeners?.size) return;
    Object.freeze(event);
    for (const listener of [...listeners] as SessionListener<K>[]) tell(name, listener, event);
  }
}

function tell<K extends keyof SessionEvents>(name: K, listener: SessionListener<K>, event: SessionEvents[K]): void {
  // Its own message may hold data.
  const failed = () =>
    warnOnce(`A listener of the session event "${name}" failed; the session is as it was without it`);
  try {
    const told = listener(event);
    if (told instanceof Promise) told.catch(failed);
  } catch {
    failed();
  }
}

const emitters = new WeakMap<SessionStore, Map<string, Emitter>>();

/** One for each store, name and audience, so that all who use the same sessions hear the same. */
export function emitterOf(store: SessionStore, name: string, audience: string): Emitter {
  const named = emitters.get(store) ?? new Map<string, Emitter>();
  emitters.set(store, named);
  const key = `${name.length} ${name}${audience}`;
  const emitter = named.get(key) ?? new Emitter();
  named.set(key, emitter);
  return emitter;
}
