import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

import { expect, it } from "vitest";

const MAX_BYTES = 96_000_000;

it("ten million keys take no more than the ceiling and a tenth", { timeout: 1_800_000 }, async () => {
  const script = join(import.meta.dirname, "children/flood.mjs");
  const { stdout } = await promisify(execFile)(process.execPath, ["--expose-gc", script, `${MAX_BYTES}`]);
  const { grown, heap, allowed, keys } = JSON.parse(stdout) as Record<string, number>;
  expect(allowed).toBe(10_000_000);
  expect(keys).toBeGreaterThan(MAX_BYTES / 96 - 1000);
  // What V8 keeps for texts that are gone is not the limiter's.
  expect((grown ?? Number.NaN) - Math.max(0, heap ?? 0)).toBeLessThan(MAX_BYTES * 1.1);
});
