import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["**/*.test.ts"],
    exclude: ["**/node_modules/**", "dist/**", "**/*.slow.test.ts"],
    pool: "forks",
    // The machines that this runs on are busy: a test waits for its condition, and this is only how long at most.
    testTimeout: 30_000,
    hookTimeout: 60_000,
    coverage: {
      provider: "v8",
      include: ["events/**/*.ts", "functions/**/*.ts", "storage/**/*.ts", "local/**/*.ts", "settings/**/*.ts", "feed/**/*.ts"],
      exclude: ["**/*.test.ts", "storage/contract.ts"],
      reporter: ["text-summary", "json-summary"],
      thresholds: { lines: 90 },
    },
  },
});
