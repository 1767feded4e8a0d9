import { defineConfig } from "vitest/config";

/** `make e2e` and `make smoke`: on a new KIND cluster, one test after the other. */
export default defineConfig({
  test: {
    include: ["test/e2e/*.e2e.test.ts"],
    pool: "forks",
    fileParallelism: false,
    testTimeout: 600_000,
    hookTimeout: 900_000,
    // A test needs the state that the tests before it left.
    bail: 1,
    reporters: ["verbose", ["json", { outputFile: "coverage/e2e.json" }]],
  },
});
