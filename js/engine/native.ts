import type * as Binding from "../../index.js";
import type {
  Engine,
  EngineLimiterOptions,
  EngineRateLimiter,
  EngineRemoteLimiterOptions,
  EngineRemoteRateLimiter,
  EngineRing,
  EngineStore,
  EngineStoreOptions,
  PasswordForm,
  RingKeyInput,
  Sealer,
  SealerOptions,
} from "./index.js";
import loaded from "./load.cjs";

if ("error" in loaded) throw loaded.error;
const binding = loaded.binding as typeof Binding;

/** Makes a sealer of the native addon; see {@link Engine.createSealer}. */
export function createSealer(password: PasswordForm, options: SealerOptions): Sealer {
  return withCalls(new binding.Sealer(password, options));
}

/** Makes a ring of the native addon; see {@link Engine.createRing}. */
export function createRing(keys: RingKeyInput[]): EngineRing {
  return new binding.Ring(keys);
}

/** Makes a sealer with the keys of a ring; see {@link Engine.createRingSealer}. */
export function createRingSealer(ring: EngineRing, options: SealerOptions): Sealer {
  return withCalls((ring as Binding.Ring).createSealer(options));
}

/** The calls of every request are functions beside the class, since methods of one take longer to call. */
function withCalls<T extends { calls(): object }>(object: T): T & ReturnType<T["calls"]> {
  return Object.assign(object, object.calls() as ReturnType<T["calls"]>);
}

/** Makes a session store of the native addon; see {@link Engine.createStore}. */
export function createStore(options: EngineStoreOptions): EngineStore {
  return withCalls(new binding.Store(options));
}

/** Makes a rate limiter of the native addon; see {@link Engine.createRateLimiter}. */
export function createRateLimiter(options: EngineLimiterOptions): EngineRateLimiter {
  // The binding takes arrays as the ones that they are, and writes to none.
  return withCalls(new binding.RateLimiter(options)) as EngineRateLimiter;
}

/** Makes a rate limiter on Redis; see {@link Engine.createRemoteRateLimiter}. */
export function createRemoteRateLimiter(options: EngineRemoteLimiterOptions): EngineRemoteRateLimiter {
  return withCalls(new binding.RemoteRateLimiter(options));
}

/** A new key; see {@link Engine.randomKey}. */
export function randomKey(): string {
  return binding.randomKey();
}

/** The version of the native addon. */
export function engineVersion(): string {
  return binding.nativeVersion();
}

/** A new id; see {@link Engine.newSessionId}. */
export function newSessionId(userId: string): string {
  return binding.newSessionId(userId);
}

/** What the sessions of a user share; see {@link Engine.sessionTag}. */
export function sessionTag(userId: string): string {
  return binding.sessionTag(userId);
}

/** What a session is stored under; see {@link Engine.storeKey}. */
export function storeKey(id: string): string | null {
  return binding.storeKey(id);
}

/** Random bytes for one write; see {@link Engine.writeToken}. */
export function writeToken(): string {
  return binding.writeToken();
}

/** What names an import; see {@link Engine.importKey}. */
export function importKey(name: string, audience: string, sealedId: string, createdAt: number): string {
  return binding.importKey(name, audience, sealedId, createdAt);
}

/** The id of an imported session; see {@link Engine.importedSessionId}. */
export function importedSessionId(tag: string, key: string): string {
  return binding.importedSessionId(tag, key);
}

({
  createRateLimiter,
  createRemoteRateLimiter,
  createRing,
  createRingSealer,
  createSealer,
  createStore,
  engineVersion,
  importedSessionId,
  importKey,
  newSessionId,
  randomKey,
  sessionTag,
  storeKey,
  writeToken,
}) satisfies Engine;
