import * as wc2 from "iron-webcrypto-2";
import { defaults, seal, sealSync, unseal, unsealSync } from "ironkeep/iron";
import { describe, expect, it } from "vitest";

import { optionsOf, PEERS, type Peer, type SealPassword, type Settings, type UnsealPassword } from "./_peers.ts";
import {
  BYTES,
  BYTES_16,
  HEX_TEXT,
  LONG_TEXT,
  OTHER_BYTES,
  OTHER_TEXT,
  PAYLOADS,
  TEXT,
  UNICODE_TEXT,
  viewOf,
} from "./_samples.ts";

interface Form {
  name: string;
  sealing: SealPassword;
  opening: UnsealPassword;
}

const texts = { encryption: TEXT, integrity: OTHER_TEXT };
const byteHalves = { encryption: BYTES, integrity: OTHER_BYTES };
const mixed = { encryption: TEXT, integrity: OTHER_BYTES };

const FORMS: readonly Form[] = [
  { name: "a text", sealing: TEXT, opening: TEXT },
  { name: "64 hex digits", sealing: HEX_TEXT, opening: HEX_TEXT },
  { name: "a non-ASCII text", sealing: UNICODE_TEXT, opening: UNICODE_TEXT },
  { name: "a long text", sealing: LONG_TEXT, opening: LONG_TEXT },
  { name: "a text with a lone surrogate", sealing: `${TEXT}\ud800`, opening: `${TEXT}\ud800` },
  { name: "bytes", sealing: BYTES, opening: BYTES },
  { name: "a view of bytes", sealing: viewOf(BYTES), opening: viewOf(BYTES) },
  { name: "{ id, secret }", sealing: { id: "k_1", secret: TEXT }, opening: { k_1: TEXT } },
  { name: "{ secret }", sealing: { secret: TEXT }, opening: { default: TEXT } },
  {
    name: "{ id, secret: bytes }",
    sealing: { id: "b", secret: BYTES },
    opening: { b: { secret: BYTES } },
  },
  { name: "two texts", sealing: { id: "pair", ...texts }, opening: { pair: texts } },
  { name: "two texts without an id", sealing: texts, opening: { default: texts } },
  {
    name: "two byte halves",
    sealing: { id: "pair", ...byteHalves },
    opening: { pair: byteHalves },
  },
  { name: "a text and bytes", sealing: { id: "mix", ...mixed }, opening: { mix: mixed } },
  {
    name: "a map of several keys",
    sealing: { id: "2", secret: TEXT },
    opening: { default: HEX_TEXT, 1: OTHER_TEXT, 2: TEXT, 3: BYTES },
  },
];

const PLAIN_FORM: Form = {
  name: "{ 1: text }",
  sealing: { id: "1", secret: TEXT },
  opening: { 1: TEXT },
};

const CTR_FORMS: readonly Form[] = [
  { name: "a text", sealing: TEXT, opening: TEXT },
  {
    name: "16 and 32 bytes",
    sealing: { encryption: BYTES_16, integrity: BYTES },
    opening: { default: { encryption: BYTES_16, integrity: BYTES } },
  },
];

const LONG_CTR_FORM: Form = { name: "32 bytes, so AES-256-CTR", sealing: BYTES, opening: BYTES };

/** Generation 2 costs a peer milliseconds for each call: it gets the payloads that differ most. */
const FEW_PAYLOADS = ["unicode", "3 KB"];

function objectsFor(peer: Peer, names: readonly string[]): unknown[] {
  const payloads = names.map((name) => PAYLOADS[name]);
  return payloads.filter((payload) => !peer.plain || isRecord(payload)).map(peer.wrap);
}

const isRecord = (value: unknown): boolean => typeof value === "object" && value !== null && !Array.isArray(value);

const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

/** What opened: their token here, in both forms of call, and both of our tokens there. */
async function bothWays(peer: Peer, form: Form, settings: Settings, object: unknown) {
  const options = optionsOf(defaults, settings);
  const theirs = await peer.seal(object, form.sealing, settings);
  const ours = await seal(object, form.sealing, options);
  const oursAtOnce = sealSync(object, form.sealing, options);
  return [
    await unseal(theirs, form.opening, options),
    unsealSync(theirs, form.opening, options),
    await peer.unseal(ours, form.opening, settings),
    await peer.unseal(oursAtOnce, form.opening, settings),
  ];
}

const G1: Settings = { iterations: 1, algorithm: "aes-256-cbc", ttl: 0 };
const G2: Settings = { ...G1, iterations: 8192 };

describe.each(PEERS)("both ways with $name", (peer) => {
  const forms = peer.plain ? [PLAIN_FORM] : FORMS;

  it.each(forms)("generation 1, $name", async (form) => {
    for (const object of objectsFor(peer, Object.keys(PAYLOADS))) {
      const expected = asJson(object);
      expect(await bothWays(peer, form, G1, object)).toStrictEqual(Array(4).fill(expected));
    }
  });

  it.each(forms)("generation 1 with a ttl, $name", async (form) => {
    for (const object of objectsFor(peer, FEW_PAYLOADS)) {
      const expected = asJson(object);
      expect(await bothWays(peer, form, { ...G1, ttl: 900_000 }, object)).toStrictEqual(Array(4).fill(expected));
    }
  });
});

describe.each(PEERS.filter((peer) => !peer.plain))("both ways with $name", (peer) => {
  it.each(FORMS)("generation 2, $name", async (form) => {
    for (const object of objectsFor(peer, FEW_PAYLOADS)) {
      const expected = asJson(object);
      expect(await bothWays(peer, form, G2, object)).toStrictEqual(Array(4).fill(expected));
    }
  });

  const ctrForms = peer.longCtrKeys ? [...CTR_FORMS, LONG_CTR_FORM] : CTR_FORMS;

  it.each(ctrForms)("aes-128-ctr, generation 1, $name", async (form) => {
    const settings: Settings = { ...G1, algorithm: "aes-128-ctr" };
    for (const object of objectsFor(peer, Object.keys(PAYLOADS))) {
      const expected = asJson(object);
      expect(await bothWays(peer, form, settings, object)).toStrictEqual(Array(4).fill(expected));
    }
  });

  it.each(ctrForms)("aes-128-ctr, generation 2, $name", async (form) => {
    const settings: Settings = { ...G2, algorithm: "aes-128-ctr", ttl: 900_000 };
    for (const object of objectsFor(peer, FEW_PAYLOADS)) {
      const expected = asJson(object);
      expect(await bothWays(peer, form, settings, object)).toStrictEqual(Array(4).fill(expected));
    }
  });
});

describe("both ways with iron-webcrypto 2, with iterations of its halves", () => {
  const counts = [1, 2, 99, 100, 101, 8192];
  const pairs = counts.flatMap((first) => counts.map((second) => [first, second] as const));

  it.each(pairs)("%i and %i", async (first, second) => {
    const options = {
      ...wc2.defaults,
      encryption: { ...wc2.defaults.encryption, iterations: first },
      integrity: { ...wc2.defaults.integrity, iterations: second },
    };
    const theirs = await wc2.seal([first, second], TEXT, options);
    expect(await unseal(theirs, TEXT, options)).toEqual([first, second]);
    expect(unsealSync(theirs, TEXT, options)).toEqual([first, second]);
    const ours = await seal([first, second], TEXT, options);
    expect(await wc2.unseal(ours, TEXT, options)).toEqual([first, second]);
    const oursAtOnce = sealSync([first, second], TEXT, options);
    expect(await wc2.unseal(oursAtOnce, TEXT, options)).toEqual([first, second]);
  });
});

describe("defaults", () => {
  it("are those of iron-webcrypto 2", () => {
    expect(defaults).toEqual(wc2.defaults);
  });
});
