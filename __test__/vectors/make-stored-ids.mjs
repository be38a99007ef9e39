// Writes stored-ids.json: cookies of stored sessions and keys of imports, computed with node:crypto alone from the
// derivations that docs/formats.md publishes. Run it from anywhere: node __test__/vectors/make-stored-ids.mjs

import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";

import { plainCookie, plainImport } from "./plain-stored-ids.mjs";

const TEXT = "Vb7kQm2xT9sLw4pZcY8nJr5hGf3dA6eU";
const UNICODE_TEXT = "påsswørd-with-ünïcode-🦊-日本語-and-more";
const BYTES = "00112233445566778899aabbccddeefff0e1d2c3b4a5968778695a4b3c2d1e0f";
const UUID = "0b7f5f3e-8a51-4a0c-9d6b-3c5a2f1e7d90";
const CREATED = 1_768_478_400_000;

const text = (secret) => ({ secret: { text: secret } });
const bytes = (hex) => ({ secret: { hex } });

const COOKIES = [
  { title: "a password as text", ...text(TEXT), kid: "0", name: "h3", audience: "" },
  { title: "a password as bytes", ...bytes(BYTES), kid: "0", name: "h3", audience: "" },
  { title: "text that is no ASCII", ...text(UNICODE_TEXT), kid: "0", name: "säsh", audience: "äpp" },
  { title: "a key of a ring", ...text(TEXT), kid: "k1", name: "h3", audience: "shop" },
  { title: "a key of a ring, as bytes", ...bytes(BYTES), kid: "K_2026", name: "admin", audience: "shop" },
  { title: "a boundary further on", ...text(TEXT), kid: "0", name: "h3a", audience: "" },
  { title: "a boundary further back", ...text(TEXT), kid: "0", name: "h3", audience: "a" },
];

const IMPORTS = [
  { title: "a session of h3", name: "h3", audience: "", sealedId: UUID, createdAt: CREATED, tagHex: "8278" },
  {
    title: "an id that is no ASCII",
    name: "säsh",
    audience: "äpp",
    sealedId: "🦊",
    createdAt: CREATED,
    tagHex: "0000",
  },
  {
    title: "part of a millisecond",
    name: "h3",
    audience: "",
    sealedId: UUID,
    createdAt: CREATED + 0.75,
    tagHex: "ffff",
  },
  { title: "the epoch", name: "h3", audience: "", sealedId: UUID, createdAt: 0, tagHex: "8278" },
  { title: "a boundary further on", name: "h3a", audience: "", sealedId: UUID, createdAt: CREATED, tagHex: "8278" },
];

const idOf = (title) =>
  Buffer.concat([Buffer.from([1, 2]), createHash("sha256").update(title).digest()]).toString("base64url");

const cookies = COOKIES.map((each) => {
  const id = idOf(each.title);
  return { ...each, id, cookie: plainCookie({ ...each, id }) };
});
const imports = IMPORTS.map((each) => ({ ...each, ...plainImport(each) }));

const how =
  "Computed in plain node:crypto, without Ironkeep, from docs/formats.md. Made again by: node __test__/vectors/make-stored-ids.mjs";
writeFileSync(new URL("stored-ids.json", import.meta.url), `${JSON.stringify({ how, cookies, imports }, null, 2)}\n`);
