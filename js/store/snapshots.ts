import type { EngineStore } from "../engine/index.js";
import { warnOnce } from "../warn.js";

/**
 * Has snapshots begun every so many seconds, until the function that it gives is called, the thread ends, or nobody has the
 * store any more. 0: never. They keep neither the process nor the store alive.
 */
export function writeSnapshots(engine: EngineStore, seconds: number): () => void {
  if (seconds === 0) return () => {};
  const held = new WeakRef(engine);
  const stop = () => clearInterval(timer);
  const timer = setInterval(() => {
    const store = held.deref();
    if (store === undefined) return stop();
    try {
      store.snapshot();
    } catch (error) {
      // Nobody waits for it. The next one is tried, and closing the store has an answer of its own.
      warnOnce(error instanceof Error ? error.message : String(error));
    }
  }, seconds * 1000);
  timer.unref();
  return stop;
}
