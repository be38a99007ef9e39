import { readFileSync, readdirSync, rmSync } from "node:fs";
import { basename, join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { builtBinary, removePacked } from "../_pack.ts";
import { PASSWORD } from "../h3/_passwords.ts";
import { buildFor } from "./_build.ts";
import { copyOfFixture } from "./_copies.ts";

const BUILD_WITHIN_MS = 240_000;
/** Presets of platforms that run Node, or something that loads its addons, and where they put what they built. */
const OUTPUTS = {
  "node-server": ".output",
  vercel: ".vercel",
  netlify: ".",
  "aws-lambda": ".output",
  bun: ".output",
  "deno-server": ".output",
} as const;

afterAll(removePacked);

describe.each([
  ["nitropack-2", ["cloudflare-module", "vercel-edge", "netlify-edge", "deno-deploy"]],
  ["nitro-3", ["cloudflare-module", "netlify-edge", "deno-deploy"]],
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
      expect(await buildFor(app, preset)).not.toContain("native addon");
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

  it(
    "is built as a static site for a platform whose runtime loads no addon",
    async () => {
      const log = await buildFor(app, "cloudflare-pages-static", { SESSION_PASSWORD: PASSWORD });
      expect(log).not.toContain("native addon");
      const site = join(app, "dist");
      expect(readdirSync(site, { recursive: true, encoding: "utf8" }).join("\n")).toMatch(/kept\/prerendered/);
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
