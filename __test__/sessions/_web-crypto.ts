// Ids of stored sessions, written from docs/formats.md for Web Crypto, and from nothing else.

const utf8 = new TextEncoder();
const { subtle } = crypto;

function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

function u64(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
  return bytes;
}

const join = (...parts: Uint8Array[]): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.concat(parts));

function lp(text: string): Uint8Array {
  const bytes = utf8.encode(text);
  return join(u32(bytes.length), bytes);
}

const base64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64url");

const sha256 = async (bytes: Uint8Array<ArrayBuffer>) => new Uint8Array(await subtle.digest("SHA-256", bytes));

/** The cookie of an id. */
export async function cookieFor(parts: {
  secret: Uint8Array;
  kid: string;
  name: string;
  audience: string;
  id: string;
}): Promise<string> {
  const { secret, kid, name, audience, id } = parts;
  const ikm = await subtle.importKey("raw", join(secret), "HKDF", false, ["deriveKey"]);
  const hkdf = { name: "HKDF", hash: "SHA-256", salt: utf8.encode("ironkeep sid"), info: utf8.encode("v1") };
  const hmac = { name: "HMAC", hash: "SHA-256", length: 256 };
  const key = await subtle.deriveKey(hkdf, ikm, hmac, false, ["sign"]);
  const message = join(lp(name), lp(audience), lp(kid), Buffer.from(id, "base64url"));
  const mac = new Uint8Array(await subtle.sign("HMAC", key, message));
  return `${kid}.${id}.${base64url(mac.subarray(0, 16))}`;
}

/** What a store has a session under. */
export async function storeKeyOf(id: string): Promise<string> {
  const bytes = join(Buffer.from(id, "base64url"));
  return base64url(join(bytes.subarray(0, 2), await sha256(bytes)));
}

/** What names the import of a sealed session, and its id. */
export async function importOf(seal: {
  name: string;
  audience: string;
  sealedId: string;
  createdAt: number;
  tag: Uint8Array;
}): Promise<{ keyHex: string; id: string }> {
  const { name, audience, sealedId, createdAt, tag } = seal;
  const texts = join(lp("ironkeep import"), lp(name), lp(audience), lp(sealedId));
  const key = await sha256(join(texts, u64(Math.max(0, Math.floor(createdAt)))));
  return { keyHex: Buffer.from(key).toString("hex"), id: base64url(join(tag, key)) };
}
