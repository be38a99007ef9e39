import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { beforeAll, describe, expect, it } from "vitest";

import { builtBinary } from "../_pack.ts";
import { type ChildResult, runChild } from "./_child.ts";
import { CANARIES, spellingsOf } from "./canary/spellings.mjs";

const ROOT = join(import.meta.dirname, "../..");
/** From nothing, on a machine with other work. */
const BUILT_WITHIN_MS = 900_000;
const DEADLINE_MS = 110_000;

interface Ended {
  readonly name: string;
  /** `value`, or the code of an error. */
  readonly ended: readonly string[];
  readonly shown: readonly string[];
}

interface Report {
  /** Each before the panic, with it, and after it. */
  readonly exported: readonly Ended[];
  /** Each several times: with the panic, and after it. */
  readonly offThreads: readonly (Omit<Ended, "ended"> & { readonly ended: readonly (readonly string[])[] })[];
  /** Three calls for one token, one for another, and the first again. */
  readonly joined: readonly { readonly point: string; readonly ended: readonly string[] }[];
  readonly days: readonly { readonly point: string; readonly changed: boolean }[];
  /** Calls of a store that were submitted together, for each driver. */
  readonly beside: readonly (readonly string[])[];
  readonly app: { readonly ended: readonly string[]; readonly shown: readonly string[]; readonly user: string };
  /** How many panics there were to be. */
  readonly injected: number;
}

let addon: string;
beforeAll(() => {
  const built = execFileSync(process.execPath, ["scripts/panicking-addon.mjs"], { cwd: ROOT, encoding: "utf8" });
  addon = built.trimEnd().split("\n").at(-1) ?? "";
}, BUILT_WITHIN_MS);

function run(...args: string[]): Promise<ChildResult> {
  const env = { NAPI_RS_NATIVE_LIBRARY_PATH: addon, RUST_BACKTRACE: "full" };
  return runChild("panics/run.mjs", { args, env, deadlineMs: DEADLINE_MS });
}

function reportsOf({ code, signal, stdout, stderr }: ChildResult): Report[] {
  expect({ code, signal, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, signal: null, stderr: "" });
  const lines = stdout.trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line) as Report);
}

/** The exports that index.d.ts declares, and the one that only this addon has. */
function declared(): string[] {
  const types = readFileSync(join(ROOT, "index.d.ts"), "utf8");
  const functions = [...types.matchAll(/^export declare function (\w+)/gm)].map(([, name]) => name ?? "");
  const classes = [...types.matchAll(/^export declare class (\w+) \{\n(.*?)^\}/gms)];
  const members = classes.flatMap(([, name = "", body = ""]) => [
    name,
    ...[...body.matchAll(/^ {2}(?:get |set |static )*(\w+)\(/gm)]
      .map(([, member]) => member ?? "")
      .filter((member) => member !== "constructor")
      .map((member) => `${name}.${member}`),
  ]);
  // Functions that a class gives away.
  const given = [...types.matchAll(/^export interface (\w+)Calls \{\n(.*?)^\}/gms)].flatMap(
    ([, name = "", body = ""]) => [...body.matchAll(/^ {2}(\w+): \(/gm)].map(([, member]) => `${name}.${member ?? ""}`),
  );
  return [...functions, ...members, ...given, "injectPanic"].toSorted();
}

function leaksIn(texts: readonly string[]): string[] {
  const secrets = [
    ...spellingsOf("password", CANARIES["password"] ?? ""),
    ...spellingsOf("data", CANARIES["data"] ?? ""),
  ];
  return texts.filter((text) => secrets.some((secret) => text.includes(secret.text)));
}

describe.each([
  ["on the main thread", [], 1],
  ["on threads, one after the other", ["thread"], 2],
])("a panic, %s", (_where, args, threads) => {
  let child: ChildResult;
  let reports: Report[];
  beforeAll(async () => {
    child = await run(...args);
    reports = reportsOf(child);
  }, DEADLINE_MS);

  it("leaves the process alive to the end", () => {
    expect(reports).toHaveLength(threads);
  });

  it("behind any export is ERR_INTERNAL, and the next call works", () => {
    for (const { exported } of reports) {
      expect(exported.map(({ name }) => name).toSorted()).toEqual(declared());
      const wanted = exported.map(({ name }) => ({ name, ended: ["value", "ERR_INTERNAL", "value"] }));
      expect(exported.map(({ name, ended }) => ({ name, ended }))).toEqual(wanted);
    }
  });

  it("off the JavaScript thread rejects with ERR_INTERNAL, and the next call works", () => {
    for (const { offThreads } of reports) {
      expect(offThreads.length).toBeGreaterThan(10);
      const odd = offThreads.filter(({ ended }) => ended.some((pair) => pair.join() !== "ERR_INTERNAL,value"));
      expect(odd.map(({ name, ended }) => ({ name, ended }))).toEqual([]);
    }
  });

  it("in a call of a store is that call's alone", () => {
    for (const { beside } of reports) {
      const others = Array.from({ length: 7 }, () => "value");
      expect(beside).toEqual([
        ["ERR_INTERNAL", ...others],
        ["ERR_INTERNAL", ...others],
      ]);
    }
  });

  it("lets nobody wait for ever: all who share a derivation fail with it, the others go on", () => {
    for (const { joined } of reports) {
      const [worker, derivation, waiter] = joined.map(({ ended }) => ended.map((each) => each !== "value"));
      expect(joined.flatMap(({ ended }) => ended).filter((each) => !["value", "ERR_INTERNAL"].includes(each))).toEqual(
        [],
      );
      expect(worker).toContain(true);
      // Which of the two derivations ends first is the system's choice.
      expect([
        [true, true, true, false, false],
        [false, false, false, true, false],
      ]).toContainEqual(derivation);
      expect(waiter?.filter(Boolean)).toEqual([true]);
    }
  });

  it("in a preparation that nobody waits for is tried again", () => {
    for (const { days } of reports) expect(days.filter(({ changed }) => !changed)).toEqual([]);
  });

  it("reaches an app as an error with its code", () => {
    for (const { app } of reports) {
      expect(app.ended).toEqual(["ERR_INTERNAL", "ERR_INTERNAL", "ERR_INTERNAL"]);
      expect(app.user).toBe("ann");
    }
  });

  it("shows its place on stderr, once, and its message nowhere", () => {
    const injected = reports.reduce((sum, report) => sum + report.injected, 0);
    const lines = child.stderr.trimEnd().split("\n");
    const place = /^ironkeep: panicked at src[/\\][\w/\\]+\.rs:\d+:\d+; what it said is left out/;
    expect(lines.filter((line) => !place.test(line))).toEqual([]);
    expect(lines).toHaveLength(injected);
    const errors = reports.flatMap(({ exported, offThreads, app }) => [
      ...[...exported, ...offThreads].flatMap(({ shown }) => shown),
      ...app.shown,
    ]);
    expect(errors.length).toBeGreaterThan(100);
    expect(leaksIn([child.stdout, child.stderr, ...errors])).toEqual([]);
  });
});

describe("an addon that panics on demand", () => {
  it("is not the one that is shipped", () => {
    expect(readFileSync(addon).includes("injectPanic")).toBe(true);
    expect(readFileSync(builtBinary()).includes("injectPanic")).toBe(false);
  });
});
