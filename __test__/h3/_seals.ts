import { seal as ironSeal, unseal as ironUnseal } from "iron-webcrypto-1";
import type { SealOptions } from "iron-webcrypto-1";

/** 1: one PBKDF2 iteration. 2: 8192. A token does not say which. */
export type Generation = 1 | 2;

export interface Payload {
  id?: string;
  createdAt?: number;
  lastSeenAt?: number;
  data?: Record<string, unknown>;
  [extra: string]: unknown;
}

export interface OpenedSeal {
  readonly generation: Generation;
  readonly payload: Payload;
  readonly passwordId: string;
  /** Milliseconds since the epoch, or undefined for a seal that does not expire. */
  readonly expiration: number | undefined;
}

type Secret = string | Uint8Array;

/** iron-webcrypto types a narrower `Crypto` than the one that TypeScript 7 ships. */
const webCrypto = globalThis.crypto as unknown as Parameters<typeof ironSeal>[0];

/**
 * Opens a seal with a published implementation, so that what Ironkeep wrote is never judged by
 * Ironkeep. The age is not judged at all: suites with fake timers look at old seals too.
 */
export async function openSeal(sealed: string, password: Secret): Promise<OpenedSeal> {
  const [, passwordId = "", , , , expiration = ""] = sealed.split("*");
  for (const generation of [1, 2] as const) {
    const payload = await tryOpen(sealed, password, passwordId, generation);
    if (payload !== undefined) {
      const at = expiration === "" ? undefined : Number(expiration);
      return { generation, payload, passwordId, expiration: at };
    }
  }
  throw new Error("not a seal under this password");
}

export async function isSealedBy(sealed: string, password: Secret): Promise<boolean> {
  return openSeal(sealed, password).then(
    () => true,
    () => false,
  );
}

export interface MakeSeal {
  readonly generation?: Generation;
  readonly ttl?: number;
  readonly passwordId?: string;
}

export function makeSeal(payload: unknown, password: string, make: MakeSeal = {}): Promise<string> {
  const secret = make.passwordId === undefined ? password : { id: make.passwordId, secret: password };
  const options = { ...optionsFor(make.generation ?? 1), ttl: make.ttl ?? 0 };
  return ironSeal(webCrypto, payload, secret, options);
}

async function tryOpen(
  sealed: string,
  password: Secret,
  passwordId: string,
  generation: Generation,
): Promise<Payload | undefined> {
  const options = { ...optionsFor(generation), timestampSkewSec: Number.MAX_SAFE_INTEGER / 1000 };
  const map = { [passwordId === "" ? "default" : passwordId]: password };
  try {
    return (await ironUnseal(webCrypto, sealed, map, options)) as Payload;
  } catch {
    return undefined;
  }
}

function optionsFor(generation: Generation): SealOptions {
  const iterations = generation === 1 ? 1 : 8192;
  return {
    encryption: { saltBits: 256, algorithm: "aes-256-cbc", iterations, minPasswordlength: 32 },
    integrity: { saltBits: 256, algorithm: "sha256", iterations, minPasswordlength: 32 },
    ttl: 0,
    timestampSkewSec: 60,
    localtimeOffsetMsec: 0,
  };
}
