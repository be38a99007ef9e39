import { describe, expect, it } from "vitest";

import { INSTALLS_WITHIN_MS, binaryOf, nodes, platform, runsHere } from "../nodes/_versions.ts";
import { endThreads, unharmed } from "./workers/_ended.ts";

const THREADS = 500;
const DEADLINE_MS = 300_000;

const end = (node: string, seed: number) => endThreads(THREADS, seed, { node, deadlineMs: DEADLINE_MS });

describe(`${THREADS} threads that are ended leave the process alive`, () => {
  it(
    "on this Node",
    async () => {
      const ended = await end(process.execPath, 1);
      expect(ended).toMatchObject(unharmed(THREADS));
      expect(ended.beforeStart).toBeGreaterThan(THREADS / 10);
      expect(ended.whileBusy).toBeGreaterThan(THREADS / 2);
    },
    DEADLINE_MS + 10_000,
  );

  it.each(runsHere ? nodes : [])(
    "on Node $version",
    async ({ name, version }) => {
      const ended = await end(await binaryOf(name), Number.parseInt(version, 10));
      expect(ended).toMatchObject(unharmed(THREADS));
    },
    INSTALLS_WITHIN_MS + DEADLINE_MS + 10_000,
  );

  it.each(runsHere ? [] : nodes)(`(not run on ${platform}, for which its package has no binary: Node $version)`, () => {
    expect(runsHere).toBe(false);
  });
});
