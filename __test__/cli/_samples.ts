import { defaults, sealSync } from "ironkeep/iron";

// Secrets that are looked for in what is shown, so that each is unlike anything else.
export const PASSWORD = "pw-Zq7vXk2Lm9Rt4Wb8Yc3Nd6Hf1Js5Gp0";
export const OTHER = "pv-Ae8uBi3Co7Du2Fa6Gy1Hw5Jx9Kz4Lq0";
export const TYPED = "typed-typed-typed-typed-typed-typed-typed";
export const DATA = "dt-Vw3xYz8Ab2Cd7Ef1Gh6Jk5Mn4Pq9Rs0";

export const SESSION = { id: "9d4f", createdAt: 1_790_000_000_000, data: { note: DATA } };

export interface SealedBy {
  readonly generation?: 1 | 2;
  readonly id?: string;
  /** Milliseconds; below 0 for a token that is past already. */
  readonly ttl?: number;
  readonly password?: string;
  readonly session?: unknown;
}

/** A Fe26.2 token. */
export function sealed({ generation = 1, id, ttl = 0, password = PASSWORD, session = SESSION }: SealedBy = {}): string {
  const iterations = generation === 1 ? 1 : 8192;
  const encryption = { ...defaults.encryption, iterations };
  const integrity = { ...defaults.integrity, iterations };
  // iron adds its offset to the time, so that a token can be made in the past.
  const past = ttl < 0 ? { ttl: 1, localtimeOffsetMsec: ttl } : { ttl };
  return sealSync(session, id ? { id, secret: password } : password, { ...defaults, encryption, integrity, ...past });
}

/** A text of ik1's form with `bytes` bytes behind the key id. No key opens it. */
export function ik1Form(id: string, bytes: number): string {
  return `ik1.${id}.${Buffer.alloc(bytes, 0xa7).toString("base64url")}`;
}
