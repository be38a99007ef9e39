// A store and the life of its process: a call that waits keeps it alive, an open store does not.

import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

import { describe, expect, it } from "vitest";

import { ALL_DRIVERS, configOfAny } from "./_redis.ts";

const SCRIPT = join(import.meta.dirname, "children/left-open.mjs");
/** A process that an open store keeps alive is ended by this, and that is a failure. */
const DEADLINE_MS = 20_000;

describe.each(ALL_DRIVERS)("a process with an open store, %s,", (driver) => {
  it("lives until its calls are answered, and no longer", async () => {
    const args = [SCRIPT, JSON.stringify(await configOfAny(driver))];
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: DEADLINE_MS });
    expect(stdout).toBe("done\nand loaded\n");
  });
});
