import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["__test__/**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/.tmp/**", "**/.output/**"],
    allowOnly: false,
    passWithNoTests: false,
    expect: { requireAssertions: true },
    // The slowest are builds of whole apps; a suite that needs longer says so itself.
    testTimeout: 30_000,
    hookTimeout: 120_000,
  },
});
