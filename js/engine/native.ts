import type * as Binding from "../../index.js";
import type { Engine, EngineRing, PasswordForm, RingKeyInput, Sealer, SealerOptions } from "./index.js";
import loaded from "./load.cjs";

if ("error" in loaded) throw loaded.error;
const binding = loaded.binding as typeof Binding;

/** Makes a sealer of the native addon; see {@link Engine.createSealer}. */
export function createSealer(password: PasswordForm, options: SealerOptions): Sealer {
  return new binding.Sealer(password, options);
}

/** Makes a ring of the native addon; see {@link Engine.createRing}. */
export function createRing(keys: RingKeyInput[]): EngineRing {
  return new binding.Ring(keys);
}

/** Makes a sealer with the keys of a ring; see {@link Engine.createRingSealer}. */
export function createRingSealer(ring: EngineRing, options: SealerOptions): Sealer {
  return (ring as Binding.Ring).createSealer(options);
}

/** A new key; see {@link Engine.randomKey}. */
export function randomKey(): string {
  return binding.randomKey();
}

/** The version of the native addon. */
export function engineVersion(): string {
  return binding.nativeVersion();
}

({ createRing, createRingSealer, createSealer, engineVersion, randomKey }) satisfies Engine;
