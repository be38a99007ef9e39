import * as h3 from "h3-v2";
import * as ironkeep from "ironkeep/h3";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { SessionFunctions } from "./_script-runner.ts";
import { runScript } from "./_script-runner.ts";
import { BEGAN, SCRIPTS } from "./_scripts.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: BEGAN });
  vi.spyOn(console, "error").mockImplementation(() => {});
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe("what h3 2.0.8's own functions answer, ironkeep's answer too", () => {
  for (const script of SCRIPTS) {
    it(script.title, async () => {
      const own = await runScript(h3 as unknown as SessionFunctions, script);
      const ours = await runScript(ironkeep as unknown as SessionFunctions, script);
      expect(own).toHaveLength(script.steps.length);
      expect(ours).toEqual(own);
    });
  }
});
