import { defineConfig } from "vitest/config";

/** `make test-slow`: three Cassandra nodes take a minute and 2.5 GB, too much for every run. */
export default defineConfig({
  test: {
    include: ["**/*.slow.test.ts"],
    exclude: ["**/node_modules/**", "dist/**"],
    pool: "forks",
    fileParallelism: false,
    testTimeout: 600_000,
    hookTimeout: 300_000,
    setupFiles: ["test/lifelines.ts", "test/patience.ts"],
  },
});
