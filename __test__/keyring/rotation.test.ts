// Keys are rotated under a fleet of processes that seal and open each other's sessions all the time.

import { randomBytes } from "node:crypto";

import { expect, test } from "vitest";

import { KeyFile, Member } from "./_fleet.ts";

const MEMBERS = 8;
const ROTATIONS = 4;
/** Twice the interval at which the members read their keys, in milliseconds. */
const LEAD = 400;

const newKey = (number: number, sealFrom: number) => ({
  id: `k${number}`,
  secret: randomBytes(32).toString("base64url"),
  sealFrom,
});

const kidOf = (token: string): string => token.split(/[*.]/)[token.startsWith("ik1.") ? 1 : 2] ?? "";

test.each([
  ["Fe26.2", {}],
  ["ik1", { format: "ik1" }],
])("no valid session is refused, and nothing of a removed key opens: %s", { timeout: 120_000 }, async (_, seal) => {
  const file = await KeyFile.make();
  const ring = [newKey(0, 0)];
  await file.write(ring);
  const members = Array.from({ length: MEMBERS }, () => new Member(file.path, seal));
  const others = (index: number) => members.filter((_member, other) => other !== index);

  const outcomes = new Map<string, number>();
  const byKey = new Map<string, string[]>();
  const sealers = new Map<string, Set<number>>();
  let turn = 0;
  const until = { isDone: false };

  /** One member seals without a pause; another opens what it sealed. */
  const work = async (index: number): Promise<void> => {
    const member = members[index] as Member;
    while (!until.isDone) {
      const tokens = await member.seal();
      for (const token of tokens) {
        const kid = kidOf(token);
        byKey.set(kid, [...(byKey.get(kid) ?? []).slice(-19), token]);
        sealers.set(kid, (sealers.get(kid) ?? new Set()).add(index));
      }
      const reader = others(index)[turn++ % (MEMBERS - 1)] as Member;
      for (const outcome of await reader.open(tokens)) outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
  };
  const load = members.map((_member, index) => work(index));

  /** Waits, by the work that goes on, until every member seals with a key. */
  const sealedByAll = async (kid: string): Promise<void> => {
    while (sealers.get(kid)?.size !== MEMBERS) await members[0]?.refresh();
  };

  try {
    await sealedByAll("k0");
    for (let number = 1; number <= ROTATIONS; number++) {
      ring.unshift(newKey(number, Date.now() + LEAD));
      await file.write(ring);
      await sealedByAll(`k${number}`);

      const removed = ring.length > 2 ? ring.pop() : undefined;
      await file.write(ring);
      const kept = ring.map(({ id }) => id);
      for (const keys of await Promise.all(members.map((member) => member.refresh()))) expect(keys).toEqual(kept);
      if (!removed) continue;
      const refusal = "format" in seal ? "ERR_SEAL_INVALID" : "ERR_KEY_UNKNOWN";
      const old = byKey.get(removed.id) as string[];
      for (const answers of await Promise.all(members.map((member) => member.open(old)))) {
        expect(answers).toEqual(old.map(() => refusal));
      }
    }
    until.isDone = true;
    await Promise.all(load);

    expect([...outcomes.keys()]).toEqual(["ok"]);
    expect(outcomes.get("ok")).toBeGreaterThan(MEMBERS * 100);
    expect(await Promise.all(members.map((member) => member.close()))).toEqual(members.map(() => 0));
  } finally {
    until.isDone = true;
    for (const member of members) member.kill();
    await Promise.allSettled(load);
    await file[Symbol.asyncDispose]();
  }
});
