import type { SessionStore } from "ironkeep/sessions";
import { MapStore } from "../../examples/custom-store/map-store.ts";

export { MapStore };
export const PASSWORD = "kH2x7Qp9vLm4Rt8WzYc3BnJd6FgAs5Eu";

/** A store whose calls can be failed, counted, or made to hang. */
export function faulty(store: SessionStore): SessionStore & { fault: "hangs" | "throws" | undefined; calls: string[] } {
  const state = { fault: undefined as "hangs" | "throws" | undefined, calls: [] as string[] };
  return new Proxy(store, {
    get(target, key) {
      if (key in state) return state[key as keyof typeof state];
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== "function") return value;
      return (...args: unknown[]): unknown => {
        state.calls.push(String(key));
        if (state.fault === "throws") return Promise.reject(new Error("no route to host"));
        if (state.fault === "hangs") return new Promise(() => undefined);
        return (value as (...args: unknown[]) => unknown).apply(target, args);
      };
    },
    set(_, key, value) {
      Reflect.set(state, key, value);
      return true;
    },
  }) as never;
}
