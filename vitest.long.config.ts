import { defineConfig } from "vitest/config";

import config from "./vitest.config.ts";

// Of the same tests, those that take minutes: npm run test:long.
export default defineConfig({
  test: {
    ...config.test,
    include: ["__test__/**/*.long.test.ts"],
    exclude: ["**/node_modules/**"],
    // One after the other: they measure, or fill the machine.
    fileParallelism: false,
  },
});
