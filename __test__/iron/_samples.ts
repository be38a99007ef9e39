// The secrets and payloads that the suites of this folder share.

export const TEXT = "Kq8#vT2m!Zr5xW9p@Lc3nB7y^Hd4sJ6g";
export const OTHER_TEXT = "mY4&tG8z*Qw2kV6r%Nf9xP3c!Sb7hD5j";
export const HEX_TEXT = "c41f7a9e03b85d26ea7410f9c3d25b8e6f1a90d7b42c58e3917d06fa4be8235c";
export const UNICODE_TEXT = "пароль-日本語-🔑-größer-als-32-zeichen";
/** Longer than the block of HMAC-SHA1, which hashes such a password first. */
export const LONG_TEXT = `${TEXT}${OTHER_TEXT}`.repeat(5);

export const BYTES = Uint8Array.from({ length: 32 }, (_, index) => (index * 37 + 11) & 0xff);
export const OTHER_BYTES = Uint8Array.from({ length: 32 }, (_, index) => (index * 91 + 5) & 0xff);
export const BYTES_16 = BYTES.slice(0, 16);

/** The same bytes at an offset in a larger buffer, as Node's pooled Buffers are. */
export function viewOf(bytes: Uint8Array): Uint8Array {
  const larger = new Uint8Array(bytes.length + 24).fill(0xa5);
  larger.set(bytes, 8);
  return larger.subarray(8, 8 + bytes.length);
}

function filler(jsonBytes: number): { filler: string } {
  const envelope = JSON.stringify({ filler: "" }).length;
  return { filler: "abcdefghij".repeat(400).slice(0, jsonBytes - envelope) };
}

export const PAYLOADS: Readonly<Record<string, unknown>> = {
  "an empty object": {},
  null: null,
  "a string": "only a string",
  "a number": -12.5e-7,
  "an array": [1, "two", false, null, [], { three: [3] }],
  unicode: { name: "Zoë", emoji: "👩‍👩‍👧🦊", cjk: "日本語", rtl: "שלום", combining: "e\u0301" },
  escapes: { quote: '"\\/', control: "\u0000\n\u001f\u007f", lines: "\u2028", half: "\ud800" },
  "1 KB": filler(1024),
  "3 KB": filler(3072),
};
