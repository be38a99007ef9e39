// Applications and their tests match iron's texts, so each is compared with the one that
// iron-webcrypto 2 gives for the same call, and with the table, so that neither can drift unseen.

import * as peer from "iron-webcrypto-2";
import * as ours from "ironkeep/iron";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { outcomeOf, type Outcome } from "./_outcome.ts";
import { CODEC_ERRORS, type Deviation, DEVIATIONS, GROUPS, type Iron, NOW, SUCCESSES } from "./_text-cases.ts";

const asPeer: Iron = {
  seal: (object, password, options) => peer.seal(object, password as never, options as never),
  unseal: (sealed, password, options) => peer.unseal(sealed as never, password as never, options as never),
};

const inTurn: Iron = {
  seal: (object, password, options) => ours.seal(object, password as never, options as never),
  unseal: (sealed, password, options) => ours.unseal(sealed as never, password as never, options as never),
};

const atOnce: Iron = {
  seal: async (object, password, options) => ours.sealSync(object, password as never, options as never),
  unseal: async (sealed, password, options) => ours.unsealSync(sealed as never, password as never, options as never),
};

function refusal(outcome: Outcome<unknown>) {
  return outcome.refused ? { message: outcome.message, code: outcome.code } : "no refusal";
}

function kindOf(outcome: Outcome<unknown>): string {
  if (!outcome.refused) return "opens";
  return outcome.error.constructor === Error ? outcome.message : "an engine error";
}

function peerMay({ peer: does }: Deviation): string[] {
  if (does === "either") return ["opens", "an engine error"];
  return [typeof does === "string" ? does : does.message];
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
});

afterEach(() => {
  vi.useRealTimers();
});

describe.each(Object.entries(GROUPS))("%s", (_group, cases) => {
  it.each(cases)("$name: $message", async ({ run, message, code }) => {
    expect(refusal(await outcomeOf(() => run(asPeer)))).toEqual({ message, code: undefined });
    expect(refusal(await outcomeOf(() => run(inTurn)))).toEqual({ message, code });
    expect(refusal(await outcomeOf(() => run(atOnce)))).toEqual({ message, code });
  });
});

describe("custom encode and decode", () => {
  it.each(CODEC_ERRORS)("$name: $message", async ({ run, message }) => {
    for (const iron of [asPeer, inTurn, atOnce]) {
      expect(await outcomeOf(() => run(iron))).toMatchObject({ refused: true, message });
    }
  });

  it("decode's own error object reaches the caller", async () => {
    const own = new RangeError("mine");
    const options = {
      ...ours.defaults,
      decode: () => {
        throw own;
      },
    };
    const sealed = await ours.seal({}, "k".repeat(32), ours.defaults);
    await expect(ours.unseal(sealed, "k".repeat(32), options)).rejects.toBe(own);
    expect(() => ours.unsealSync(sealed, "k".repeat(32), options)).toThrow(own);
  });

  it.each(["", "{", "secret words", "undefined"])("%j is no JSON", async (plaintext) => {
    const password = "k".repeat(32);
    const options = { ...ours.defaults, encode: () => plaintext };
    const sealed = await peer.seal({}, password, { ...peer.defaults, encode: () => plaintext });
    const text = "Failed parsing sealed object JSON: ";

    const theirs = await outcomeOf(() => peer.unseal(sealed, password, peer.defaults));
    expect(theirs).toMatchObject({ refused: true, message: expect.stringContaining(text) });
    for (const open of [ours.unseal, ours.unsealSync]) {
      const outcome = await outcomeOf(() => open(sealed, password, ours.defaults));
      expect(outcome).toMatchObject({
        refused: true,
        message: expect.stringMatching(/^Failed parsing sealed object JSON/),
        code: "ERR_SEAL_INVALID",
      });
    }
    expect(ours.sealSync({}, password, options).split("*")).toHaveLength(8);
  });
});

describe("what is accepted", () => {
  it.each(Object.entries(SUCCESSES))("%s", async (_name, run) => {
    const expected = await run(asPeer);
    expect(await run(inTurn)).toStrictEqual(expected);
    expect(await run(atOnce)).toStrictEqual(expected);
  });
});

describe.each(Object.entries(DEVIATIONS))("documented deviation: %s", (_group, cases) => {
  it.each(cases)("$name", async (deviation) => {
    const { run, message, code } = deviation;
    expect(peerMay(deviation)).toContain(kindOf(await outcomeOf(() => run(asPeer))));

    const expected = { refused: true, code, ...(message !== undefined && { message }) };
    expect(await outcomeOf(() => run(inTurn))).toMatchObject(expected);
    expect(await outcomeOf(() => run(atOnce))).toMatchObject(expected);
  });
});

describe("refusals of the async forms", () => {
  it("are rejections, never thrown at the call", async () => {
    const calls = [
      () => ours.seal(undefined, "", ours.defaults),
      () => ours.seal({}, null as never, null as never),
      () => ours.unseal(5 as never, "", ours.defaults),
      () => ours.unseal("", "", undefined as never),
    ];
    for (const call of calls) {
      const promise = call();
      await expect(promise).rejects.toBeInstanceOf(Error);
    }
  });
});
