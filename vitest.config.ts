import { defineConfig } from "vitest/config";

/** An addon that is tested in the place of the one that the build makes; see scripts/lib/asan.mjs. */
const addon = process.env.IRONKEEP_TEST_ADDON;

export default defineConfig({
  test: {
    include: ["__test__/**/*.test.ts"],
    // What takes minutes is vitest.long.config.ts's.
    exclude: ["**/node_modules/**", "**/.tmp/**", "**/.output/**", "**/*.long.test.ts"],
    allowOnly: false,
    passWithNoTests: false,
    expect: { requireAssertions: true },
    // The slowest are builds of whole apps; a suite that needs longer says so itself.
    testTimeout: 30_000,
    hookTimeout: 120_000,
    // Only where tests run: vitest's own addons read the same variable.
    env: addon === undefined ? {} : { NAPI_RS_NATIVE_LIBRARY_PATH: addon },
  },
});
