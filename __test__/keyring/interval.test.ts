// A ring's function is asked again every now and then.

import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

import { createKeyring } from "ironkeep";
import { afterEach, expect, test, vi } from "vitest";

import { captureWarnings } from "../h3/_warnings.ts";
import { key, Source } from "./_rings.ts";

const [k1, k2] = [key("k1"), key("k2")];
const ROOT = join(import.meta.dirname, "../..");

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

async function readEvery(refreshInterval: number | undefined) {
  vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"] });
  const source = new Source(k1);
  const ring = createKeyring({ keys: source.read, refreshInterval });
  await ring.refresh();
  return { source, ring, ids: () => ring.keys().map(({ id }) => id) };
}

test.each([
  [undefined, 60],
  [60, 60],
  [0.2, 0.2],
])("an interval of %s: every %s seconds", async (given, seconds) => {
  const { source, ring, ids } = await readEvery(given);
  source.gives(k2, k1);
  await vi.advanceTimersByTimeAsync(seconds * 1000 - 1);
  expect([source.calls, ids()]).toEqual([1, ["k1"]]);
  await vi.advanceTimersByTimeAsync(1);
  expect([source.calls, ids()]).toEqual([2, ["k2", "k1"]]);
  await vi.advanceTimersByTimeAsync(seconds * 1000);
  expect(source.calls).toBe(3);
  ring.close();
  await vi.advanceTimersByTimeAsync(seconds * 10_000);
  expect(source.calls).toBe(3);
});

test("an interval of 0: never", async () => {
  const { source } = await readEvery(0);
  await vi.advanceTimersByTimeAsync(24 * 3600 * 1000);
  expect(source.calls).toBe(1);
});

test("a list is not read again", async () => {
  vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"] });
  createKeyring({ keys: [k1], refreshInterval: 1 });
  expect(vi.getTimerCount()).toBe(0);
});

test("a refresh() in between puts the next reading off", async () => {
  const { source, ring } = await readEvery(60);
  await vi.advanceTimersByTimeAsync(50_000);
  await ring.refresh();
  await vi.advanceTimersByTimeAsync(59_000);
  expect(source.calls).toBe(2);
  await vi.advanceTimersByTimeAsync(1000);
  expect(source.calls).toBe(3);
});

test("a reading that fails: the keys stay, one warning without what the function said, and the next one", async () => {
  const { source, ids } = await readEvery(60);
  const warnings = captureWarnings();
  source.answer = () => Promise.reject(new Error(`cannot parse ${k1.secret as string}`));
  await vi.advanceTimersByTimeAsync(3 * 60_000);
  expect([source.calls, ids()]).toEqual([4, ["k1"]]);
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toContain("ERR_KEYRING_UNAVAILABLE");
  expect(warnings[0]).not.toContain(k1.secret as string);

  source.gives(k2, k1);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(ids()).toEqual(["k2", "k1"]);
  expect(warnings).toHaveLength(1);
});

test("it does not keep the process", async () => {
  const script = `
    import { createKeyring } from "ironkeep";
    const ring = createKeyring(() => [${JSON.stringify(k1)}]);
    await ring.refresh();
    console.log(ring.keys().length);
  `;
  const run = promisify(execFile);
  const options = { cwd: ROOT, timeout: 8000 };
  const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", script], options);
  expect(stdout).toBe("1\n");
});
