import type * as Binding from "../../index.js";
import type { Engine, Sealer, SealerOptions } from "./index.js";
import loaded from "./load.cjs";

if ("error" in loaded) throw loaded.error;
const binding = loaded.binding as typeof Binding;

/** Makes a sealer of the native addon; see {@link Engine.createSealer}. */
export function createSealer(options: SealerOptions): Sealer {
  return new binding.Sealer(options);
}

/** The version of the native addon. */
export function engineVersion(): string {
  return binding.nativeVersion();
}

({ createSealer, engineVersion }) satisfies Engine;
