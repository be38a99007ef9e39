import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";

import { afterAll, describe, expect, it } from "vitest";

import { command } from "../_command.ts";
import { removePacked } from "../_pack.ts";
import { copyOfFixture } from "./_copies.ts";

const root = join(import.meta.dirname, "../..");
const tsc = join(root, "node_modules/typescript/bin/tsc");
const WITHIN_MS = 120_000;
/** A user's strict project. The declarations of Nitro and of what it depends on are not ours to check. */
const OPTIONS = [
  "--noEmit --strict --exactOptionalPropertyTypes --noUncheckedIndexedAccess --skipLibCheck",
  "--target es2022 --module esnext --moduleResolution bundler --types node --typeRoots",
]
  .flatMap((options) => options.split(" "))
  .concat(join(root, "node_modules/@types"));

afterAll(removePacked);

describe.each(["nitropack-2", "nitro-3"])("the module and the helpers in a project with %s", (fixture) => {
  it(
    "compile beside its own types, and what is wrong does not",
    async () => {
      const app = await copyOfFixture(fixture);
      try {
        cpSync(join(import.meta.dirname, "types/fixtures"), join(app, "types"), { recursive: true });
        const check = (file: string): Promise<unknown> =>
          command(process.execPath, [tsc, ...OPTIONS, join("types", file)], { cwd: app });
        await check(`${fixture}.ts`);
        const wrong = await check(`planted.ts`).catch(String);
        expect(String(wrong).match(/^types\/planted\.ts\(\d+/gm)).toEqual([
          "types/planted.ts(4",
          "types/planted.ts(7",
          "types/planted.ts(8",
        ]);
      } finally {
        rmSync(app, { recursive: true, force: true });
      }
    },
    WITHIN_MS,
  );
});
