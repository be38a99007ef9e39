// The packages that Ironkeep must understand and be understood by, behind one shape.

import * as hapi from "@hapi/iron";
import * as h3v1 from "h3-v1";
import * as h3v2 from "h3-v2";
import * as h3v2rc2 from "h3-v2-rc2";
import { sealData, unsealData } from "iron-session";
import * as wc1 from "iron-webcrypto-1";
import * as wc2 from "iron-webcrypto-2";

export type Bytes = Uint8Array;
export type Text = string;
export type Half = Text | Bytes;
export type Specific = { id?: string; encryption: Half; integrity: Half };
export type Secret = { id?: string; secret: Half };
export type SealPassword = Half | Secret | Specific;
export type UnsealPassword = Half | Record<string, SealPassword>;
export type Algorithm = "aes-256-cbc" | "aes-128-ctr";

export interface Settings {
  iterations: number;
  algorithm: Algorithm;
  ttl: number;
}

export interface Peer {
  name: string;
  seal(payload: unknown, password: SealPassword, settings: Settings): Promise<string>;
  unseal(token: string, password: UnsealPassword, settings: Settings): Promise<unknown>;
  /** What the peer seals for a payload: h3 puts it into a session. */
  wrap(payload: unknown): unknown;
  /** iron-session takes one text for a password and writes generation 1 with aes-256-cbc only. */
  plain: boolean;
  /** Web Crypto takes an AES key of any size for CTR; node:crypto wants exactly 16 bytes. */
  longCtrKeys: boolean;
}

export function optionsOf<T extends wc2.SealOptions | hapi.SealOptions>(
  defaults: T,
  { iterations, algorithm, ttl }: Settings,
): T {
  return {
    ...defaults,
    encryption: { ...defaults.encryption, algorithm, iterations },
    integrity: { ...defaults.integrity, iterations },
    ttl,
  };
}

const isSecret = (value: object): value is Secret => "secret" in value;

const buffer = (half: Half): Text | Buffer => (typeof half === "string" ? half : Buffer.from(half));

/** hapi knows bytes by `Buffer.isBuffer` alone. */
function hapiPassword(password: SealPassword) {
  if (typeof password === "string" || password instanceof Uint8Array) return buffer(password);
  const id = password.id === undefined ? {} : { id: password.id };
  if (isSecret(password)) return { ...id, secret: buffer(password.secret) };
  return {
    ...id,
    encryption: buffer(password.encryption),
    integrity: buffer(password.integrity),
  };
}

function hapiMap(password: UnsealPassword) {
  if (typeof password === "string" || password instanceof Uint8Array) return buffer(password);
  return Object.fromEntries(Object.entries(password).map(([id, value]) => [id, hapiPassword(value)]));
}

const identity = (payload: unknown): unknown => payload;

const hapiPeer: Peer = {
  name: "@hapi/iron 7",
  seal: (payload, password, settings) => hapi.seal(payload, hapiPassword(password), optionsOf(hapi.defaults, settings)),
  unseal: (token, password, settings) => hapi.unseal(token, hapiMap(password), optionsOf(hapi.defaults, settings)),
  wrap: identity,
  plain: false,
  longCtrKeys: false,
};

// Its types are older than TypeScript's split of ArrayBuffer and SharedArrayBuffer.
const webCrypto = globalThis.crypto as unknown as Parameters<typeof wc1.seal>[0];

const wc1Peer: Peer = {
  name: "iron-webcrypto 1",
  seal: (payload, password, settings) => wc1.seal(webCrypto, payload, password, optionsOf(wc1.defaults, settings)),
  unseal: (token, password, settings) => wc1.unseal(webCrypto, token, password, optionsOf(wc1.defaults, settings)),
  wrap: identity,
  plain: false,
  longCtrKeys: true,
};

const wc2Peer: Peer = {
  name: "iron-webcrypto 2",
  seal: (payload, password, settings) => wc2.seal(payload, password, optionsOf(wc2.defaults, settings)),
  unseal: (token, password, settings) => wc2.unseal(token, password, optionsOf(wc2.defaults, settings)),
  wrap: identity,
  plain: false,
  longCtrKeys: true,
};

/** Its tokens end in `~2`, outside the seal, and it reads tokens with and without that. */
const ironSessionPeer: Peer = {
  name: "iron-session 9",
  seal: async (payload, password, { ttl }) => {
    if (typeof password === "string" || password instanceof Uint8Array || !isSecret(password)) {
      throw new TypeError("iron-session seals with { 1: text }");
    }
    const sealed = await sealData(payload, { password: String(password.secret), ttl: ttl / 1000 });
    return sealed.slice(0, sealed.indexOf("~"));
  },
  unseal: (token, password, { ttl }) =>
    unsealData(token, { password: password as Record<string, string>, ttl: ttl / 1000 }),
  wrap: identity,
  plain: true,
  longCtrKeys: false,
};

interface H3 {
  sealSession(event: never, config: never): Promise<string>;
  unsealSession(event: never, config: never, token: string): Promise<unknown>;
}

/** h3's own types know text passwords only; its code takes every form of iron. */
function h3Config(password: SealPassword | UnsealPassword, settings: Settings): never {
  const { encryption, integrity, ttl } = optionsOf(wc2.defaults, settings);
  return {
    password,
    ...(ttl === 0 ? {} : { maxAge: ttl / 1000 }),
    seal: { encryption, integrity },
    legacySealFallback: false,
  } as never;
}

function h3Peer(name: string, h3: H3): Peer {
  return {
    name,
    seal: (payload, password, settings) =>
      h3.sealSession({ context: { sessions: { h3: payload } } } as never, h3Config(password, settings)),
    unseal: (token, password, settings) => h3.unsealSession(null as never, h3Config(password, settings), token),
    wrap: (payload) => ({
      id: "0e6fdc4d-6a6f-4a34-8f4b-6f2f1f0f9f55",
      createdAt: Date.now(),
      data: payload,
    }),
    plain: false,
    longCtrKeys: true,
  };
}

export const PEERS: readonly Peer[] = [
  wc1Peer,
  wc2Peer,
  hapiPeer,
  ironSessionPeer,
  h3Peer("h3 1.15", h3v1),
  h3Peer("h3 2.0.8", h3v2),
  h3Peer("h3 2.0.1-rc.2", h3v2rc2),
];
