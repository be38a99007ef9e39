// The attacks that were thought of, each section named by the property that answers it.

import { inspect } from "node:util";

import { defaults, seal, sealSync, unseal, unsealSync } from "ironkeep/iron";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { forge, PART, type PartName, partOf, withPart } from "./_forge.ts";
import { OpenerThread } from "./_opener-thread.ts";
import { codeOf, outcomeOf } from "./_outcome.ts";
import { optionsOf, type UnsealPassword } from "./_peers.ts";
import { BYTES, HEX_TEXT, OTHER_BYTES, OTHER_TEXT, PAYLOADS, TEXT } from "./_samples.ts";

const G1 = optionsOf(defaults, { iterations: 1, algorithm: "aes-256-cbc", ttl: 0 });
const G2 = optionsOf(defaults, { iterations: 8192, algorithm: "aes-256-cbc", ttl: 0 });
const G2_CTR = optionsOf(defaults, { iterations: 8192, algorithm: "aes-128-ctr", ttl: 0 });

const INVALID = "ERR_SEAL_INVALID";
const OPENED = "opened";

const opens = (sealed: string, password: UnsealPassword, options = G1) =>
  codeOf(() => unseal(sealed, password, options));
const opensSync = (sealed: string, password: UnsealPassword, options = G1) =>
  codeOf(() => unsealSync(sealed, password, options));

/** Sync and async must agree on every hostile token, so each is tried with both. */
async function verdict(sealed: string, password: UnsealPassword, options = G1) {
  const [async, sync] = [await opens(sealed, password, options), await opensSync(sealed, password, options)];
  return async === sync ? async : { async, sync };
}

/** The labels of those hostile tokens that were not refused as invalid: there should be none. */
async function accepted(
  tokens: Iterable<readonly [label: string, token: string]>,
  password: UnsealPassword,
  refusals: readonly unknown[] = [INVALID],
): Promise<string[]> {
  const labels = [];
  for (const [label, token] of tokens) {
    const answer = await verdict(token, password);
    if (!refusals.includes(answer)) labels.push(`${label}: ${JSON.stringify(answer)}`);
  }
  return labels;
}

const PARTS = Object.keys(PART) as PartName[];

describe("round trip", () => {
  it.each(Object.entries(PAYLOADS))("of %s", async (_name, payload) => {
    for (const options of [G1, G2]) {
      const sealed = await seal(payload, TEXT, options);
      expect(await unseal(sealed, TEXT, options)).toStrictEqual(payload);
    }
  });

  it("a token is ASCII that a cookie carries unencoded", async () => {
    for (const payload of Object.values(PAYLOADS)) {
      const sealed = await seal(payload, { id: "k_1", secret: TEXT }, { ...G1, ttl: 1000 });
      expect(sealed).toMatch(/^Fe26\.2\*k_1\*[\da-f]{64}\*[\w-]{22}\*[\w-]+\*\d+\*[\da-f]{64}\*[\w-]{43}$/);
    }
  });
});

describe("sync and async agree", () => {
  it("each opens what the other sealed", async () => {
    for (const [options, password] of [
      [G1, TEXT],
      [G2, TEXT],
      [G2_CTR, HEX_TEXT],
      [G1, BYTES],
    ] as const) {
      const payload = { from: "either" };
      expect(unsealSync(await seal(payload, password, options), password, options)).toEqual(payload);
      expect(await unseal(sealSync(payload, password, options), password, options)).toEqual(payload);
    }
  });
});

describe("tamper resistance of each field", () => {
  const token = sealSync({ user: "ada", role: "reader" }, TEXT, { ...G1, ttl: 3_600_000 });

  const mutations: Record<string, (char: string) => string> = {
    "its neighbour": (char) => String.fromCharCode(char.charCodeAt(0) ^ 1),
    // Where a string crosses as latin1, a character outside it must not lose its high byte.
    "the character 256 further": (char) => String.fromCharCode(char.charCodeAt(0) + 0x100),
    "the fullwidth range": (char) => String.fromCharCode(char.charCodeAt(0) + 0xff00),
    "the separator": () => "*",
    nothing: () => "",
    "a zero": () => "\0",
    "a space": () => " ",
    "a lone surrogate": () => "\ud800",
    "a line break": () => "\n",
    "an astral character": () => "\u{1f511}",
    "itself, twice": (char) => char + char,
    "the other case": (char) => (char === char.toLowerCase() ? char.toUpperCase() : char.toLowerCase()),
  };

  it("the untouched token opens", async () => {
    expect(await verdict(token, TEXT)).toBe(OPENED);
  });

  it.each(Object.entries(mutations))("any character replaced by %s", async (_name, mutate) => {
    const changed = Array.from(token, (char, place) => {
      const text = token.slice(0, place) + mutate(char) + token.slice(place + 1);
      return [`place ${place}`, text] as const;
    }).filter(([, text]) => text !== token);
    expect(changed.length).toBeGreaterThan(token.length / 4);
    // The expiration is judged before the MAC, so a changed one may be refused for its age.
    expect(await accepted(changed, TEXT, [INVALID, "ERR_SEAL_EXPIRED"])).toEqual([]);
  });

  it.each(["iv", "ciphertext", "mac"] as const)("every bit of the %s", async (part) => {
    const bytes = Buffer.from(partOf(token, part), "base64url");
    const flipped = Array.from({ length: bytes.length * 8 }, (_, bit) => {
      const copy = Buffer.from(bytes);
      copy.writeUInt8(copy.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      return [`bit ${bit}`, withPart(token, part, () => copy.toString("base64url"))] as const;
    });
    expect(flipped.length).toBeGreaterThanOrEqual(128);
    expect(await accepted(flipped, TEXT)).toEqual([]);
  });

  it("a character appended to any field", async () => {
    const longer = PARTS.flatMap((part) =>
      ["A", "=", "0", "~", "\u0141"].map(
        (extra) => [`${part} and ${extra}`, withPart(token, part, (value) => value + extra)] as const,
      ),
    );
    expect(await accepted(longer, TEXT)).toEqual([]);
  });
});

describe("a piece of a token is no token", () => {
  const token = sealSync({ user: "ada" }, { id: "k1", secret: TEXT }, { ...G1, ttl: 3_600_000 });
  const password = { k1: TEXT, default: TEXT };

  it("every truncation from either end is refused", async () => {
    expect(await verdict(token, password)).toBe(OPENED);
    const pieces = Array.from(token, (_, length) => [
      [`the first ${length}`, token.slice(0, length)] as const,
      [`the last ${length}`, token.slice(token.length - length)] as const,
    ]);
    expect(await accepted(pieces.flat(), password)).toEqual([]);
  });

  it("every cut inside a field is refused", async () => {
    const parts = ["encryptionSalt", "iv", "ciphertext", "macSalt", "mac"] as const;
    const cuts = parts.flatMap((part) =>
      Array.from(partOf(token, part), (_, keep) => {
        const cut = withPart(token, part, (value) => value.slice(0, keep));
        return [`${keep} of the ${part}`, cut] as const;
      }),
    );
    expect(await accepted(cuts, password)).toEqual([]);
  });
});

describe("two tokens do not make a third", () => {
  it("any run of fields taken from another token of the same password is refused", async () => {
    const options = { ...G1, ttl: 3_600_000 };
    const left = sealSync({ role: "reader" }, { id: "a", secret: TEXT }, options).split("*");
    const right = sealSync({ role: "admin" }, { id: "b", secret: TEXT }, { ...options, ttl: 7_200_000 }).split("*");
    const password = { a: TEXT, b: TEXT };
    const whole = new Set([left.join("*"), right.join("*")]);
    const spliced: (readonly [string, string])[] = [];
    for (let from = 0; from < 8; from++) {
      for (let to = from + 1; to <= 8; to++) {
        const parts = [...left.slice(0, from), ...right.slice(from, to), ...left.slice(to)];
        const token = parts.join("*");
        if (!whole.has(token)) spliced.push([`fields ${from} to ${to}`, token]);
      }
    }
    // Of the 36 runs, the prefix alone changes nothing, and two take the other token whole.
    expect(spliced).toHaveLength(33);
    expect(await accepted(spliced, password)).toEqual([]);
  });

  it("a token behind a token is refused", async () => {
    const token = sealSync({}, TEXT, G1);
    for (const joined of [token + token, `${token}*${token}`, `${token};${token}`]) {
      expect(await verdict(joined, TEXT)).toBe(INVALID);
    }
  });
});

const saltPair = (label: string) => ({
  encryptionSalt: `${label}-encryption`.padEnd(64, "0"),
  macSalt: `${label}-integrity`.padEnd(64, "0"),
});

/** Two tokens of the same id and salts, under two passwords. */
function twins(label: string, iterations: number) {
  const common = { id: "k1", iterations, ...saltPair(label) };
  return {
    mine: forge({ ...common, password: TEXT }),
    other: forge({ ...common, password: OTHER_TEXT }),
  };
}

/** Opens a token until whatever is kept of its keys is kept: `"opened"` when it did every time. */
async function warm(sealed: string, password: UnsealPassword, options = G2) {
  const answers = [
    await opens(sealed, password, options),
    await opens(sealed, password, options),
    await opens(sealed, password, options),
    await opensSync(sealed, password, options),
  ];
  return answers.every((answer) => answer === OPENED) ? OPENED : answers;
}

describe("a derived key serves its own password only", () => {
  it.each([
    ["a plain text", TEXT, OTHER_TEXT],
    ["a map with the same id", { k1: TEXT }, { k1: OTHER_TEXT }],
  ])("same id, same salts, two passwords: %s", async (label, first, second) => {
    const { mine, other } = twins(label, 8192);
    expect(await warm(mine, first)).toBe(OPENED);
    expect(await verdict(mine, second, G2)).toBe(INVALID);
    expect(await verdict(other, first, G2)).toBe(INVALID);
    expect(await warm(other, second)).toBe(OPENED);
    expect(await verdict(mine, second, G2)).toBe(INVALID);
    expect(await verdict(other, first, G2)).toBe(INVALID);
    expect(await warm(mine, first)).toBe(OPENED);
  });

  it("same id, same salts, two passwords, one iteration", async () => {
    const { mine, other } = twins("one iteration", 1);
    expect(await warm(mine, TEXT, G1)).toBe(OPENED);
    expect(await verdict(mine, OTHER_TEXT, G1)).toBe(INVALID);
    expect(await verdict(other, TEXT, G1)).toBe(INVALID);
  });

  it("asked for at the same time, each gets its own answer", async () => {
    const { mine, other } = twins("at the same time", 8192);
    const answers = await Promise.all([
      opens(mine, TEXT, G2),
      opens(mine, OTHER_TEXT, G2),
      opens(other, TEXT, G2),
      opens(other, OTHER_TEXT, G2),
    ]);
    expect(answers).toEqual([OPENED, INVALID, INVALID, OPENED]);
  });

  it("a refused token warms nothing for the next", async () => {
    const { mine, other } = twins("refused first", 8192);
    expect(await verdict(other, TEXT, G2)).toBe(INVALID);
    expect(await verdict(mine, OTHER_TEXT, G2)).toBe(INVALID);
    expect(await warm(mine, TEXT)).toBe(OPENED);
    expect(await warm(other, OTHER_TEXT)).toBe(OPENED);
  });

  it("the two halves do not stand in for each other", async () => {
    const salt = "one salt for both".padEnd(64, "0");
    const straight = { encryption: TEXT, integrity: OTHER_TEXT };
    const crossed = { encryption: OTHER_TEXT, integrity: TEXT };
    const common = { iterations: 8192, encryptionSalt: salt, macSalt: salt };
    const first = forge({ ...common, password: straight });
    const second = forge({ ...common, password: crossed });
    expect(await warm(first, { default: straight })).toBe(OPENED);
    expect(await verdict(first, { default: crossed }, G2)).toBe(INVALID);
    expect(await verdict(second, { default: straight }, G2)).toBe(INVALID);
    expect(await warm(second, { default: crossed })).toBe(OPENED);
  });

  it("an encryption half of another password does not open what the right MAC admits", async () => {
    const common = { iterations: 8192, iv: BYTES.slice(0, 16), ...saltPair("half known") };
    const token = forge({ ...common, password: { encryption: TEXT, integrity: HEX_TEXT } });
    expect(await warm(token, { default: { encryption: TEXT, integrity: HEX_TEXT } })).toBe(OPENED);
    const halfKnown = { default: { encryption: OTHER_TEXT, integrity: HEX_TEXT } };
    expect(await verdict(token, halfKnown, G2)).toBe(INVALID);
  });

  it("algorithms do not share a key", async () => {
    const common = { password: TEXT, iterations: 8192, ...saltPair("algorithms") };
    const cbc = forge(common);
    const ctr = forge({ ...common, algorithm: "aes-128-ctr" });
    expect(await warm(cbc, TEXT)).toBe(OPENED);
    expect(await warm(ctr, TEXT, G2_CTR)).toBe(OPENED);
    expect(await warm(cbc, TEXT)).toBe(OPENED);
  });

  it("iterations do not share a key", async () => {
    const common = { password: TEXT, ...saltPair("iterations") };
    const strong = forge({ ...common, iterations: 8192 });
    const weak = forge({ ...common, iterations: 1 });
    expect(await warm(strong, TEXT)).toBe(OPENED);
    expect(await verdict(strong, TEXT, G1)).toBe(INVALID);
    expect(await warm(weak, TEXT, G1)).toBe(OPENED);
    expect(await verdict(weak, TEXT, G2)).toBe(INVALID);
  });

  it("salts that differ in their last character do not share a key", async () => {
    const start = "s".repeat(255);
    const common = { password: TEXT, iterations: 8192 };
    for (const end of ["a", "b"]) {
      const salt = start + end;
      expect(await warm(forge({ ...common, encryptionSalt: salt, macSalt: salt }), TEXT)).toBe(OPENED);
    }
  });

  it("text and bytes that spell alike do not share a key", async () => {
    const bytes = new TextEncoder().encode(TEXT);
    expect(bytes).toHaveLength(32);
    const text = forge({ password: TEXT, iterations: 8192, ...saltPair("forms") });
    const raw = forge({ password: bytes });
    expect(await warm(text, TEXT)).toBe(OPENED);
    expect(await warm(raw, bytes)).toBe(OPENED);
    expect(await verdict(text, bytes, G2)).toBe(INVALID);
    expect(await verdict(raw, TEXT, G2)).toBe(INVALID);
  });

  it("passwords that differ outside latin1 are different", async () => {
    const latin = "A".repeat(40);
    const wide = "\u0141".repeat(40);
    const token = sealSync({}, latin, G1);
    expect(await verdict(token, latin)).toBe(OPENED);
    expect(await verdict(token, wide)).toBe(INVALID);
  });

  describe("in two more threads of the process", () => {
    const threads: OpenerThread[] = [];

    beforeAll(() => {
      threads.push(new OpenerThread(), new OpenerThread());
    });

    afterAll(async () => {
      await Promise.all(threads.map((thread) => thread.close()));
    });

    it.each([
      ["async", false],
      ["sync", true],
    ])("one warms, the other and this one still refuse, %s", async (label, sync) => {
      const [first, second] = threads as [OpenerThread, OpenerThread];
      const { mine, other } = twins(`threads ${label}`, 8192);

      for (let round = 0; round < 3; round++) {
        expect(await first.open(mine, { k1: TEXT }, G2, sync)).toBe(OPENED);
      }
      expect(await second.open(mine, { k1: OTHER_TEXT }, G2, sync)).toBe(INVALID);
      expect(await second.open(other, { k1: TEXT }, G2, sync)).toBe(INVALID);
      expect(await verdict(mine, { k1: OTHER_TEXT }, G2)).toBe(INVALID);

      expect(await second.open(other, { k1: OTHER_TEXT }, G2, sync)).toBe(OPENED);
      expect(await first.open(other, { k1: TEXT }, G2, sync)).toBe(INVALID);
      expect(await first.open(mine, { k1: OTHER_TEXT }, G2, sync)).toBe(INVALID);
      expect(await verdict(other, { k1: TEXT }, G2)).toBe(INVALID);
      expect(await first.open(mine, { k1: TEXT }, G2, sync)).toBe(OPENED);
    });
  });
});

describe("salts are bounded", () => {
  it.each(["encryptionSalt", "macSalt"] as const)("%s", async (part) => {
    const at = (length: number) => forge({ password: TEXT, [part]: "a".repeat(length) });
    expect(await verdict(at(256), TEXT)).toBe(OPENED);
    expect(await verdict(at(257), TEXT)).toBe(INVALID);
    expect(await verdict(at(60_000), TEXT)).toBe(INVALID);
  });

  it("a token of a megabyte is refused before any work on it", async () => {
    const token = sealSync({}, TEXT, G1);
    const swollen = PARTS.map(
      (part) => [part, withPart(token, part, (value) => value + "A".repeat(1_000_000))] as const,
    );
    expect(await accepted(swollen, TEXT)).toEqual([]);
    expect(await verdict("*".repeat(1_000_000), TEXT)).toBe(INVALID);
  });
});

describe("lone surrogates", () => {
  const surrogates = ["\ud800", "\udfff", "\udc00\ud800"];

  it("in a token are refused", async () => {
    const token = sealSync({}, TEXT, G1);
    const spoiled = surrogates.flatMap((text) => [
      ["alone", text] as const,
      ...PARTS.map((part) => [`for the ${part}`, withPart(token, part, () => text)] as const),
      ...PARTS.map((part) => [`in the ${part}`, withPart(token, part, (is) => is + text)] as const),
    ]);
    expect(await accepted(spoiled, TEXT)).toEqual([]);
  });

  it("in a map's key match no id", async () => {
    const token = forge({ password: TEXT, id: "k1" });
    expect(await verdict(token, { "k1\ud800": TEXT, "\ud800": TEXT })).toBe("ERR_KEY_UNKNOWN");
  });

  it("in the data survive", async () => {
    const data = { text: surrogates.join("-"), [surrogates[0] ?? ""]: 1 };
    expect(await unseal(await seal(data, TEXT, G1), TEXT, G1)).toStrictEqual(data);
  });
});

describe("data pollutes no prototype", () => {
  const hostile = [
    '{"__proto__":{"polluted":true}}',
    '{"constructor":{"prototype":{"polluted":true}}}',
    '[{"a":{"__proto__":{"polluted":true}}}]',
    '{"__proto__":null,"toString":"x"}',
  ];

  it.each(hostile)("%s", async (plaintext) => {
    const token = forge({ password: TEXT, plaintext });
    for (const opened of [await unseal(token, TEXT, G1), unsealSync(token, TEXT, G1)]) {
      expect(JSON.stringify(opened)).toBe(plaintext);
      const expected = Array.isArray(opened) ? Array.prototype : Object.prototype;
      expect(Object.getPrototypeOf(opened)).toBe(expected);
      expect(Object.hasOwn(Object.prototype, "polluted")).toBe(false);
    }
  });

  it("a map's inherited entries are no keys", async () => {
    const token = forge({ password: TEXT, id: "k1" });
    const inherited = Object.create({ k1: TEXT, default: TEXT });
    expect(await verdict(token, inherited)).toBe("ERR_KEY_UNKNOWN");
    const ids = ["__proto__", "constructor", "toString", "hasOwnProperty", "valueOf"];
    const named = ids.map((id) => [id, forge({ password: TEXT, id })] as const);
    expect(await accepted(named, { k1: TEXT }, ["ERR_KEY_UNKNOWN"])).toEqual([]);
  });

  it("an own entry named __proto__ is a key like any other", async () => {
    const token = forge({ password: TEXT, id: "__proto__" });
    const map = JSON.parse(JSON.stringify({ x: TEXT }).replace("x", "__proto__"));
    expect(await verdict(token, map)).toBe(OPENED);
  });
});

describe("errors keep secrets", () => {
  const payload = "payload-words-that-stay-inside";
  const token = sealSync({ payload }, TEXT, G1);
  const expired = forge({ password: TEXT, plaintext: `{"payload":"${payload}"}`, expiration: "1" });
  const mixed = { encryption: OTHER_TEXT, integrity: TEXT };
  const noJson = forge({ password: TEXT, plaintext: payload });
  const shortText = "short-secret-words";
  const hugeData = { payload, filler: "x".repeat(12_600_000) };
  const fixed = forge({
    password: { encryption: BYTES, integrity: TEXT },
    iv: BYTES.slice(0, 16),
    plaintext: payload,
  });

  const refusals: Record<string, () => unknown> = {
    "another password": () => unsealSync(token, OTHER_TEXT, G1),
    "a changed mac": () =>
      unsealSync(
        withPart(token, "mac", (mac) => mac.slice(1)),
        TEXT,
        G1,
      ),
    "no token": () => unsealSync(token.slice(7), TEXT, G1),
    "another prefix": () => unsealSync(`x${token}`, TEXT, G1),
    expired: () => unsealSync(expired, TEXT, G1),
    "an unknown id": () => unsealSync(token, { other: TEXT }, G1),
    "a short password": () => unsealSync(token, shortText, G1),
    "a short sealing password": () => sealSync({ payload }, shortText, G1),
    "bytes too small": () => sealSync({ payload }, BYTES.slice(1), G1),
    "an id that is none": () => sealSync({ payload }, { id: `${TEXT} `, secret: TEXT }, G1),
    "no JSON inside": () => unsealSync(noJson, TEXT, G1),
    unserializable: () => sealSync({ payload, at: new Date(0) }, TEXT, G1),
    "too large": () => sealSync(hugeData, TEXT, G1),
    "another encryption half": () => unsealSync(fixed, { default: { encryption: OTHER_BYTES, integrity: TEXT } }, G1),
    "another integrity half": () => unsealSync(token, { default: mixed }, G1),
    "a wrong option": () => unsealSync(token, TEXT, { ...G1, integrity: {} as never }),
  };

  const hidden = [
    payload,
    TEXT,
    OTHER_TEXT,
    shortText,
    ...[token, expired, noJson, fixed].flatMap((sealed) => [
      partOf(sealed, "ciphertext"),
      partOf(sealed, "mac"),
      partOf(sealed, "macSalt"),
    ]),
    Buffer.from(BYTES).toString("hex"),
  ].filter((text) => text !== "");

  it.each(Object.entries(refusals))("%s", async (_name, refuse) => {
    const outcome = await outcomeOf(refuse);
    if (!outcome.refused) throw new Error("this should have been refused");
    const { error } = outcome;
    const shown = [
      error.message,
      String(error.stack),
      inspect(error, { depth: 9, showHidden: true }),
      JSON.stringify(error, Object.getOwnPropertyNames(error)),
    ].join("\n");
    // An engine's message quotes the start of what it could not parse, so the start is looked for.
    expect(hidden.filter((text) => shown.includes(text.slice(0, 10)))).toEqual([]);
  });
});

const tokens = (options: typeof G1, count: number) =>
  Promise.all(Array.from({ length: count }, () => seal({ same: "data" }, TEXT, options)));

/** How many different values each part has among the tokens. */
const distinct = (sealed: string[], ...parts: PartName[]) =>
  parts.map((part) => new Set(sealed.map((token) => partOf(token, part))).size);

describe("every seal is fresh", () => {
  it("generation 1: iv, salts, ciphertext and mac never repeat", async () => {
    const sealed = [
      ...(await tokens(G1, 250)),
      ...Array.from({ length: 250 }, () => sealSync({ same: "data" }, TEXT, G1)),
    ];
    expect(distinct(sealed, "iv", "encryptionSalt", "macSalt", "ciphertext", "mac")).toEqual(Array(5).fill(500));
    const salts = sealed.flatMap((token) => [partOf(token, "encryptionSalt"), partOf(token, "macSalt")]);
    expect(new Set(salts).size).toBe(1000);
  });

  it("generation 2: the iv never repeats, whether or not the salts do", async () => {
    const sealed = await tokens(G2, 100);
    expect(distinct(sealed, "iv", "ciphertext", "mac")).toEqual([100, 100, 100]);
    const twice = sealed.filter((token) => partOf(token, "macSalt") === partOf(token, "encryptionSalt"));
    expect(twice).toEqual([]);
  });

  it("bytes: the iv never repeats, and there are no salts", async () => {
    const sealed = Array.from({ length: 250 }, () => sealSync({ same: "data" }, BYTES, G1));
    expect(distinct(sealed, "iv", "ciphertext")).toEqual([250, 250]);
    expect(new Set(sealed.map((token) => partOf(token, "macSalt")))).toEqual(new Set([""]));
  });
});

/** How often the loop turns until `work` settles. */
async function turnsDuring(work: () => Promise<unknown>): Promise<number> {
  let turns = 0;
  let running = true;
  const turn = () => {
    turns++;
    if (running) setImmediate(turn);
  };
  setImmediate(turn);
  await work();
  running = false;
  return turns;
}

/** The middle one of nine: on a busy machine this thread may lose the core for a whole derivation. */
async function usualTurns(work: (round: number) => Promise<unknown>): Promise<number> {
  const turns = [];
  for (let round = 0; round < 9; round++) turns.push(await turnsDuring(() => work(round)));
  return turns.toSorted((left, right) => left - right)[4] ?? 0;
}

describe("no derivation blocks the loop", () => {
  // A derivation on this thread leaves one turn, or two where the promise settles through the loop.
  // Off this thread the loop turns hundreds of times meanwhile.
  const FEW = 8;

  it("unseal of first-seen tokens", async () => {
    const firstSeen = Array.from({ length: 9 }, () => forge({ password: TEXT, iterations: 8192 }));
    const codes: unknown[] = [];
    const turns = await usualTurns(async (round) => {
      codes.push(await opens(firstSeen[round] ?? "", TEXT, G2));
    });
    expect(codes).toEqual(Array(9).fill(OPENED));
    expect(turns).toBeGreaterThan(FEW);
  });

  it("unseal of forged tokens", async () => {
    const forged = Array.from({ length: 9 }, () => forge({ password: OTHER_TEXT, iterations: 8192 }));
    const codes: unknown[] = [];
    const turns = await usualTurns(async (round) => {
      codes.push(await opens(forged[round] ?? "", TEXT, G2));
    });
    expect(codes).toEqual(Array(9).fill(INVALID));
    expect(turns).toBeGreaterThan(FEW);
  });

  it("seal with a first-seen password", async () => {
    const sealed: string[] = [];
    const turns = await usualTurns(async (round) => {
      sealed.push(await seal({ round }, `${round}${HEX_TEXT}`, G2));
    });
    const opened = sealed.map((token, round) => unsealSync(token, `${round}${HEX_TEXT}`, G2));
    expect(opened).toEqual(sealed.map((_, round) => ({ round })));
    expect(turns).toBeGreaterThan(FEW);
  });

  it("a flood of forged tokens settles, and an honest one opens after it", async () => {
    const honest = await seal({ honest: true }, TEXT, G2);
    const flood = Array.from({ length: 300 }, () => forge({ password: OTHER_TEXT }));
    const codes = await Promise.all(flood.map((token) => opens(token, TEXT, G2)));
    expect(codes).toHaveLength(300);
    expect(codes.filter((code) => code !== INVALID && code !== "ERR_BUSY")).toEqual([]);
    expect(await unseal(honest, TEXT, G2)).toEqual({ honest: true });
  });
});
