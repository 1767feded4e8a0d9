import { defineConfig } from "vitest/config";

/** `make e2e` and its smoke part: on a KIND cluster of their own, one test after the other. */
export default defineConfig({
  test: {
    include: ["test/e2e/*.e2e.test.ts"],
    pool: "forks",
    fileParallelism: false,
    testTimeout: 600_000,
    hookTimeout: 900_000,
    // Each test builds on the ones before.
    bail: 1,
    reporters: ["verbose", ["json", { outputFile: "coverage/e2e.json" }]],
  },
});
