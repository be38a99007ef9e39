// The page docs/formats.md is enough to make cookies of stored sessions, and to name imports: a reader in plain Web Crypto that
// was written from it agrees with the vectors, which Rust's tests read too.

import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { cookieFor, importOf, storeKeyOf } from "./_web-crypto.ts";
import { engine, makeSessions, MapStore, PASSWORD, START } from "./_sessions.ts";

interface CookieVector {
  title: string;
  secret: { text?: string; hex?: string };
  kid: string;
  name: string;
  audience: string;
  id: string;
  cookie: string;
}

interface ImportVector {
  title: string;
  name: string;
  audience: string;
  sealedId: string;
  createdAt: number;
  tagHex: string;
  keyHex: string;
  id: string;
}

const FILE = readFileSync(new URL("../vectors/stored-ids.json", import.meta.url), "utf8");
const { cookies, imports } = JSON.parse(FILE) as { cookies: CookieVector[]; imports: ImportVector[] };

const bytesOf = ({ text, hex }: CookieVector["secret"]) =>
  new Uint8Array(hex === undefined ? Buffer.from(text ?? "") : Buffer.from(hex, "hex"));

describe("a reader from the page", () => {
  it.each(cookies)("makes the cookie: $title", async ({ secret, cookie, ...parts }) => {
    expect(await cookieFor({ ...parts, secret: bytesOf(secret) })).toBe(cookie);
  });

  it.each(imports)("names the import: $title", async ({ tagHex, keyHex, id, ...seal }) => {
    expect(await importOf({ ...seal, tag: Buffer.from(tagHex, "hex") })).toEqual({ keyHex, id });
  });

  it("makes the cookies that sessions make, and the keys that stores get", async () => {
    const { sessions, stored } = makeSessions({ name: "säsh", audience: "äpp" });
    const { id, handle } = await sessions.create();
    const parts = { secret: new TextEncoder().encode(PASSWORD), kid: "0", name: "säsh", audience: "äpp", id };
    expect(await sessions.cookie(id)).toBe(await cookieFor(parts));
    expect(handle).toBe(await storeKeyOf(id));
    expect(stored.name).toBe("säsh");
  });

  it("finds the session of a seal that was imported", async () => {
    const migrate = { until: Date.now() + 86_400_000 };
    const { stored } = makeSessions({ store: new MapStore(), migrate });
    const session = await engine.importSealed(stored, { id: "a seal", createdAt: START - 0.5, data: {} });
    const tag = Buffer.from(session.id, "base64url").subarray(0, 2);
    const seal = { name: "h3", audience: "", sealedId: "a seal", createdAt: START - 0.5, tag };
    expect((await importOf(seal)).id).toBe(session.id);
  });
});
