// A reader of ik1 in plain Web Crypto, written from docs/formats.md alone. It shares nothing with Ironkeep.

const LIMIT = 65_536;

type Reader = Record<"purpose" | "sessionName" | "audience", string> & { secret: Uint8Array<ArrayBuffer>; now: number };

const utf8 = (text: string) => new TextEncoder().encode(text);
const concat = (...parts: readonly Uint8Array[]) => new Uint8Array(parts.flatMap((part) => [...part]));
const lp = (text: string) =>
  concat(new Uint8Array([24, 16, 8, 0].map((shift) => utf8(text).length >> shift)), utf8(text));

function refuseIf(refused: boolean, code = "ERR_SEAL_INVALID") {
  if (refused) throw new Error(code);
}

function base64url(text: string) {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  refuseIf(btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "") !== text);
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

async function inflated(stream: Uint8Array<ArrayBuffer>) {
  let payload = new Uint8Array();
  for await (const chunk of new Blob([stream]).stream().pipeThrough(new DecompressionStream("deflate-raw"))) {
    payload = concat(payload, chunk);
    refuseIf(payload.length > LIMIT);
  }
  return payload;
}

/** The payload of a token; an error for one that is refused. */
export async function open(token: string, { secret, purpose, sessionName, audience, now }: Reader) {
  refuseIf(token.length > LIMIT);
  const [, kid = "", body = ""] = /^ik1\.(\w{1,16})\.([\w-]+)$/.exec(token) ?? [];
  const bytes = base64url(body);
  refuseIf(bytes.length < 24 + 32 + 17 + 16);
  const info = concat(Uint8Array.of(1), lp(purpose), bytes.slice(0, 24));
  const hkdf = { name: "HKDF", hash: "SHA-256", salt: utf8("ironkeep ik1"), info };
  const material = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveBits"]);
  const okm = new Uint8Array(await crypto.subtle.deriveBits(hkdf, material, 76 * 8));
  // All bytes are compared, wherever the first difference is.
  refuseIf(okm.slice(44).reduce((bits, byte, at) => bits | (byte ^ (bytes[24 + at] ?? 0)), 0) !== 0);
  const additionalData = concat(...["ik1", kid, purpose, sessionName, audience].map(lp));
  const gcm = { name: "AES-GCM", iv: okm.slice(32, 44), additionalData };
  const key = await crypto.subtle.importKey("raw", okm.slice(0, 32), "AES-GCM", false, ["decrypt"]);
  const plain = new Uint8Array(await crypto.subtle.decrypt(gcm, key, bytes.slice(56)));
  const [flags = 0] = plain;
  refuseIf(flags > 1);
  const expiry = Number(new DataView(plain.buffer).getBigUint64(9));
  refuseIf(expiry !== 0 && now >= expiry + 5000, "ERR_SEAL_EXPIRED");
  // Not every inflater says that bytes stand behind the end, but each says that one is missing.
  refuseIf(flags === 1 && (await inflated(plain.slice(17, -1)).catch(() => undefined)) !== undefined);
  const payload = flags === 1 ? await inflated(plain.slice(17)) : plain.slice(17);
  refuseIf(payload.length > LIMIT);
  return payload;
}
