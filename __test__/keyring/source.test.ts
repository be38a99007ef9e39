// The forms of a ring's keys, as createKeyring takes them.

import { createKeyring, type KeyringOptions, type KeyringSource } from "ironkeep";
import { unsealSession } from "ironkeep/h3";
import { afterEach, describe, expect, test, vi } from "vitest";

import { dataOf, key, kidOf, Source, tokenOf } from "./_rings.ts";

const [k1, k2] = [key("k1"), key("k2")];
const LIST = [k2, k1];
const PAIRS = `k2:${k2.secret},k1:${k1.secret}`;
const IDS = ["k2", "k1"];

const idsOf = (ring: ReturnType<typeof createKeyring>) => ring.keys().map(({ id }) => id);

afterEach(() => {
  vi.unstubAllEnvs();
  vi.useRealTimers();
});

describe("keys that are there", () => {
  test.each<[string, Parameters<typeof createKeyring>[0]]>([
    ["a list", LIST],
    ["pairs", PAIRS],
    ["pairs with spaces", `  k2:${k2.secret} , k1:${k1.secret}\n`],
    ["JSON", JSON.stringify(LIST)],
    ["JSON with spaces", `\n ${JSON.stringify(LIST, undefined, 2)}\n`],
    ["{ keys } as a list", { keys: LIST }],
    ["{ keys } as a text", { keys: PAIRS, refreshInterval: 5 }],
  ])("%s: in its order, at once", async (_, keys) => {
    using ring = createKeyring(keys);
    expect(idsOf(ring)).toEqual(IDS);
    expect(kidOf(await tokenOf({ password: ring, seal: { format: "ik1" } }, { a: 1 }))).toBe("k2");
  });

  test.each([
    ["pairs", PAIRS],
    ["JSON", JSON.stringify(LIST)],
  ])("IRONKEEP_KEYS as %s", (_, text) => {
    vi.stubEnv("IRONKEEP_KEYS", text);
    for (const options of [undefined, {}, { refreshInterval: 5 }]) {
      using ring = createKeyring(options);
      expect(idsOf(ring)).toEqual(IDS);
    }
  });

  test("refresh() of the environment reads it again", async () => {
    vi.stubEnv("IRONKEEP_KEYS", `k1:${k1.secret}`);
    using ring = createKeyring();
    vi.stubEnv("IRONKEEP_KEYS", PAIRS);
    await ring.refresh();
    expect(idsOf(ring)).toEqual(IDS);
  });

  test.each<[string, KeyringSource]>([
    ["a list", () => LIST],
    ["a list, later", async () => LIST],
    ["pairs", () => PAIRS],
    ["JSON, later", async () => JSON.stringify(LIST)],
  ])("a function that gives %s is asked when it is needed", async (_, answer) => {
    for (const wrap of [(keys: KeyringSource) => keys, (keys: KeyringSource) => ({ keys, refreshInterval: 0 })]) {
      const source = new Source();
      source.answer = answer;
      using ring = createKeyring(wrap(source.read));
      expect([source.calls, ring.keys()]).toEqual([0, []]);
      expect(kidOf(await tokenOf({ password: ring, seal: { format: "ik1" } }, { a: 1 }))).toBe("k2");
      expect([source.calls, idsOf(ring)]).toEqual([1, IDS]);
    }
  });

  test.each(["iron", "ik1"] as const)("{ bytes } is the same key as its bytes: %s", async (format) => {
    const bytes = Buffer.from(String(k1.secret), "base64url");
    const encoded = { id: "k1", secret: { bytes: bytes.toString("base64url") } };
    using raw = createKeyring([{ id: "k1", secret: new Uint8Array(bytes) }]);
    using listed = createKeyring([encoded]);
    using written = createKeyring(JSON.stringify([encoded]));
    using text = createKeyring([{ id: "k1", secret: encoded.secret.bytes }]);
    const token = await tokenOf({ password: raw, seal: { format } }, { a: 1 });
    expect(await dataOf({ password: listed }, token)).toEqual({ a: 1 });
    expect(await dataOf({ password: written }, token)).toEqual({ a: 1 });
    expect(await dataOf({ password: text }, token)).toEqual({});
  });

  const INSTANT = Date.UTC(2030, 0, 2, 3, 4, 5);
  test.each([
    ["a number", INSTANT],
    ["a Date", new Date(INSTANT)],
    ["ISO text", new Date(INSTANT).toISOString()],
  ])("sealFrom as %s: seals from then on", async (_, sealFrom) => {
    vi.useFakeTimers({ toFake: ["Date"], now: INSTANT - 1 });
    const keys = [key("k2", sealFrom), k1];
    using ring = createKeyring(sealFrom instanceof Date ? keys : JSON.stringify(keys));
    const sealing = () => ring.keys().map(({ id, sealFrom: at, isSealing }) => [id, at, isSealing]);
    const config = { password: ring, seal: { format: "ik1" } } as const;
    expect(sealing()).toEqual([
      ["k2", INSTANT, false],
      ["k1", 0, true],
    ]);
    expect(kidOf(await tokenOf(config, { a: 1 }))).toBe("k1");
    vi.setSystemTime(INSTANT);
    expect(sealing()).toEqual([
      ["k2", INSTANT, true],
      ["k1", 0, false],
    ]);
    expect(kidOf(await tokenOf(config, { a: 1 }))).toBe("k2");
  });

  test("of several keys that seal by now the latest does, of equal ones the first", () => {
    const now = Date.now();
    const sealing = (...keys: ReturnType<typeof key>[]) => {
      using ring = createKeyring(keys);
      return ring.keys().flatMap(({ id, isSealing }) => (isSealing ? [id] : []));
    };
    expect(sealing(key("k1", now - 10), key("k2", now - 5), key("k3", now + 60_000))).toEqual(["k2"]);
    expect(sealing(key("k1", now - 5), key("k2", now - 5))).toEqual(["k1"]);
  });

  test.each(["iron", "ik1"] as const)("keys() counts what each sealed and opened: %s", async (format) => {
    const source = new Source(k1);
    using ring = createKeyring({ keys: source.read, refreshInterval: 0 });
    const config = { password: ring, seal: { format } };
    const counts = () => ring.keys().map(({ id, sealed, opened }) => [id, sealed, opened]);
    const old = await tokenOf(config, { a: 1 });
    expect(counts()).toEqual([["k1", 1, 0]]);
    source.gives(k2, k1);
    await ring.refresh();
    const young = await tokenOf(config, { a: 2 });
    // A key that stays keeps its counts. Reading by `unsealSession` seals nothing again.
    for (const token of [old, old, young]) await unsealSession(null, config, token);
    expect(counts()).toEqual([
      ["k2", 1, 1],
      ["k1", 1, 2],
    ]);
  });
});

const SECRET = "Wq7ZtR4nLx9Vb2Kc8Ym5Hs1Pd6Jf3Ga0-Te_Uo-RING";
/** What no message may hold, however short a piece of it. */
const PIECES = Array.from({ length: SECRET.length - 7 }, (_, at) => SECRET.slice(at, at + 8));
const good = { id: "k1", secret: SECRET };

const REFUSED: readonly (readonly [string, unknown, "ERR_CONFIG" | "ERR_KEY_WEAK"])[] = [
  ["no keys", [], "ERR_CONFIG"],
  ["65 keys", Array.from({ length: 65 }, (_, at) => key(`n${at}`)), "ERR_CONFIG"],
  ["null in the place of a key", [null], "ERR_CONFIG"],
  ["a secret in the place of a key", [SECRET], "ERR_CONFIG"],
  ["no id", [{ secret: SECRET }], "ERR_CONFIG"],
  ["an id that is no text", [{ ...good, id: 1 }], "ERR_CONFIG"],
  ["an empty id", [{ ...good, id: "" }], "ERR_CONFIG"],
  ["an id with a dash", [{ ...good, id: "a-b" }], "ERR_CONFIG"],
  ["an id of 17 characters", [{ ...good, id: "a".repeat(17) }], "ERR_CONFIG"],
  ["the id default", [{ ...good, id: "default" }], "ERR_CONFIG"],
  ["id and secret in each other's place", [{ id: SECRET, secret: "k1" }], "ERR_CONFIG"],
  ["an id twice", [good, { ...key("k2"), id: "k1" }], "ERR_CONFIG"],
  ["a secret twice", [good, { ...good, id: "k2" }], "ERR_CONFIG"],
  [
    "a secret twice, as text and as bytes",
    [good, { id: "k2", secret: new TextEncoder().encode(SECRET) }],
    "ERR_CONFIG",
  ],
  ["no secret", [{ id: "k1" }], "ERR_CONFIG"],
  ["a number as secret", [{ id: "k1", secret: 12_345_678 }], "ERR_CONFIG"],
  ["a list as secret", [{ id: "k1", secret: [SECRET] }], "ERR_CONFIG"],
  ["{ bytes } that is no text", [{ id: "k1", secret: { bytes: 5 } }], "ERR_CONFIG"],
  ["{ bytes } in other than base64url", [{ id: "k1", secret: { bytes: `${SECRET}+/==` } }], "ERR_CONFIG"],
  ["sealFrom NaN", [{ ...good, sealFrom: Number.NaN }], "ERR_CONFIG"],
  ["sealFrom Infinity", [{ ...good, sealFrom: Number.POSITIVE_INFINITY }], "ERR_CONFIG"],
  ["sealFrom as a word", [{ ...good, sealFrom: "soon" }], "ERR_CONFIG"],
  ["sealFrom as an invalid Date", [{ ...good, sealFrom: new Date("soon") }], "ERR_CONFIG"],
  ["sealFrom as a boolean", [{ ...good, sealFrom: true }], "ERR_CONFIG"],
  ["sealFrom that is the secret", [{ ...good, sealFrom: SECRET }], "ERR_CONFIG"],
  ["a text without a colon", SECRET, "ERR_CONFIG"],
  ["a text that ends with a comma", `k1:${SECRET},`, "ERR_CONFIG"],
  ["half of a JSON text", JSON.stringify([good]).slice(0, -4), "ERR_CONFIG"],
  ["the JSON of one key", JSON.stringify(good), "ERR_CONFIG"],
  ["a blank text", "  ", "ERR_CONFIG"],
  ["31 characters", [{ id: "k1", secret: SECRET.slice(0, 31) }], "ERR_KEY_WEAK"],
  ["31 bytes", [{ id: "k1", secret: Buffer.from(SECRET).subarray(0, 31) }], "ERR_KEY_WEAK"],
  ["a pair that is too short", `k1:${SECRET.slice(0, 20)}`, "ERR_KEY_WEAK"],
  ["a repeated block", [{ id: "k1", secret: SECRET.slice(0, 8).repeat(8) }], "ERR_KEY_WEAK"],
  ["one character", [{ id: "k1", secret: "a".repeat(64) }], "ERR_KEY_WEAK"],
  ["zero bytes", [{ id: "k1", secret: new Uint8Array(32) }], "ERR_KEY_WEAK"],
  ["a sample of the documentation", "k1:a-password-of-at-least-32-characters", "ERR_KEY_WEAK"],
];

function tellsNothing(error: unknown): boolean {
  const { message, stack = "", cause } = error as Error;
  const told = [message, stack.split("\n    at ")[0], String(cause), JSON.stringify(error)].join("\n");
  return !PIECES.some((piece) => told.includes(piece));
}

describe("keys that are refused", () => {
  test.each(REFUSED)("%s", async (_, keys, code) => {
    const thrown = (options: unknown): unknown => {
      try {
        createKeyring(options as KeyringOptions).close();
        return "taken";
      } catch (error) {
        return error;
      }
    };
    for (const error of [thrown(keys), thrown({ keys })]) {
      expect(error).toHaveProperty("code", code);
      expect(tellsNothing(error)).toBe(true);
    }
  });

  test.each(REFUSED)("%s, from a function: the keys stay", async (_, keys, code) => {
    const source = new Source(k1);
    using ring = createKeyring({ keys: source.read, refreshInterval: 0 });
    await ring.refresh();
    source.answer = () => keys;
    const error: unknown = await ring.refresh().catch((thrown: unknown) => thrown);
    expect(error).toHaveProperty("code", code);
    expect(tellsNothing(error)).toBe(true);
    expect(idsOf(ring)).toEqual(["k1"]);
  });

  test.each([5, true, null, { k1: SECRET }])("keys of the form %j", (keys) => {
    expect(() => createKeyring({ keys } as never)).toThrow(expect.objectContaining({ code: "ERR_CONFIG" }));
  });

  test.each([undefined, ""])("IRONKEEP_KEYS that is %j: the error names it", (text) => {
    vi.stubEnv("IRONKEEP_KEYS", text);
    const refusal = expect.objectContaining({ code: "ERR_CONFIG", message: expect.stringContaining("IRONKEEP_KEYS") });
    expect(() => createKeyring()).toThrow(refusal as Error);
  });

  test.each([-1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31, "60", null])("a refreshInterval of %j", (seconds) => {
    const options = { keys: LIST, refreshInterval: seconds } as KeyringOptions;
    expect(() => createKeyring(options)).toThrow(expect.objectContaining({ code: "ERR_CONFIG" }));
  });
});
