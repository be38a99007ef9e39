import { readFileSync, readdirSync, rmSync } from "node:fs";
import { basename, join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { builtBinary, removePacked } from "../_pack.ts";
import { buildFor } from "./_build.ts";
import { copyOfFixture } from "./_copies.ts";

const BUILD_WITHIN_MS = 240_000;
/** Presets of platforms that run Node, and where they put what they built. */
const OUTPUTS = { "node-server": ".output", vercel: ".vercel", netlify: ".", "aws-lambda": ".output" } as const;

afterAll(removePacked);

describe.each([
  ["nitropack-2", ["cloudflare-module", "vercel-edge", "netlify-edge"]],
  ["nitro-3", ["cloudflare-module", "netlify-edge"]],
])("%s", (fixture, edges) => {
  let app: string;

  beforeAll(async () => {
    app = await copyOfFixture(fixture);
  }, BUILD_WITHIN_MS);

  afterAll(() => rmSync(app, { recursive: true, force: true }));

  it.each(Object.entries(OUTPUTS))(
    "built for %s holds the binary, as it was built",
    async (preset, output) => {
      for (const made of Object.values(OUTPUTS))
        if (made !== ".") rmSync(join(app, made), { recursive: true, force: true });
      await buildFor(app, preset);
      const files = readdirSync(join(app, output), { recursive: true, encoding: "utf8" });
      // What the app has installed itself is no output.
      const binaries = files.filter((path) => path.endsWith(".node") && !path.startsWith("node_modules"));
      const ours = binaries.filter((path) => basename(path) === basename(builtBinary()));
      expect(ours.length).toBeGreaterThan(0);
      expect(ours.length).toBe(binaries.length);
      const built = readFileSync(builtBinary());
      expect(ours.filter((path) => !readFileSync(join(app, output, path)).equals(built))).toEqual([]);
    },
    BUILD_WITHIN_MS,
  );

  it.each(edges)(
    "is not built for %s, and says in one line what to do",
    async (preset) => {
      const failure = await buildFor(app, preset).then(
        () => "it was built",
        (error: unknown) => String(error),
      );
      // The failure repeats what was printed.
      const lines = new Set(failure.split("\n").filter((line) => line.includes("native addon")));
      expect(lines.size).toBe(1);
      expect([...lines].join()).toContain("build for Node");
      expect(failure).not.toMatch(/^\s+at .*ironkeep/m);
    },
    BUILD_WITHIN_MS,
  );
});
