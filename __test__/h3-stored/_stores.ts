import type { SessionStore } from "ironkeep/store";
import { MapStore } from "../../examples/custom-store/map-store.ts";

export { MapStore };
export const PASSWORD = "kH2x7Qp9vLm4Rt8WzYc3BnJd6FgAs5Eu";
export const OTHER_PASSWORD = "pX4s8Wm2nVq6Zt9LyRc7HjKd3FgBa5Te";

/** What can be wrong with a store. */
export type Fault = "closed" | "hangs" | "throws";

interface Controls {
  /** Of all calls. */
  fault: Fault | undefined;
  /** The one call that throws. */
  fails: keyof SessionStore | undefined;
  /** The names of the calls that were made. */
  calls: string[];
  /** Runs before each call. */
  before: ((name: string) => Promise<void> | void) | undefined;
  /** Runs before each reply. */
  after: ((name: string) => Promise<void> | void) | undefined;
}

/** A store whose calls can be failed, counted, held up, or made to hang. */
export function faulty(store: SessionStore): SessionStore & Controls {
  const state: Controls = { fault: undefined, fails: undefined, calls: [], before: undefined, after: undefined };
  return new Proxy(store, {
    get(target, key) {
      if (key in state) return state[key as keyof Controls];
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== "function") return value;
      return async (...args: unknown[]): Promise<unknown> => {
        state.calls.push(String(key));
        await state.before?.(String(key));
        if (state.fault === "hangs") return new Promise(() => undefined);
        if (state.fault === "throws" || state.fails === key) throw new Error("no route to host");
        if (state.fault === "closed") throw Object.assign(new Error("closed"), { code: "ERR_STORE_CLOSED" });
        const reply = await (value as (...args: unknown[]) => unknown).apply(target, args);
        await state.after?.(String(key));
        return reply;
      };
    },
    set(_, key, value) {
      return Reflect.set(state, key, value);
    },
  }) as never;
}
