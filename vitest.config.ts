import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { defineConfig } from "vitest/config";
import { LongestFirst } from "./test/longest-first.ts";

const NEVER = ["**/node_modules/**", "dist/**", "**/*.slow.test.ts", "**/*.e2e.test.ts"];
const CASSANDRA = "{storage,test}/cassandra/**/*.test.ts";
// Rooms of many small test files, which start few processes. Each file gets new instances of the project's modules.
const SHARED = [
  "{events,feed,functions,health,history,http,settings}/**/*.test.ts",
  "dashboards/{,boards/,grafana/}*.test.ts",
  "local/broker/*.test.ts",
  "storage/{,sqlite/}*.test.ts",
];

export default defineConfig({
  test: {
    // Vitest adds arrays on this level to the projects' arrays, so `include` and `exclude` stand in the projects.
    projects: [
      {
        extends: true,
        test: { name: "main", include: ["**/*.test.ts"], exclude: [...NEVER, CASSANDRA, ...SHARED] },
      },
      // These share processes: most of what such a file took was the start of its process and of the packages in it.
      {
        extends: true,
        test: {
          name: "shared",
          include: SHARED,
          exclude: NEVER,
          isolate: false,
          setupFiles: ["test/own-modules.ts"],
        },
      },
      {
        extends: true,
        // One node for the whole run, which starts only when one of these tests runs.
        test: {
          name: "cassandra",
          include: [CASSANDRA],
          exclude: NEVER,
          globalSetup: "test/cassandra/global-setup.ts",
        },
      },
    ],
    pool: "forks",
    // By default Vitest leaves a core idle. Most of these tests wait for a process or a disk.
    maxWorkers: Math.max(4, availableParallelism()),
    sequence: { sequencer: LongestFirst },
    // For busy machines: tests end as soon as their condition holds, and these are only the upper bounds.
    testTimeout: 180_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 60_000, interval: 20 } },
    setupFiles: ["test/compile-cache.ts", "test/lifelines.ts", "test/patience.ts"],
    // For the hundreds of Node processes that tests start; see test/compile-cache.ts.
    env: { NODE_COMPILE_CACHE: resolve("node_modules/.cache/compile") },
    coverage: {
      provider: "v8",
      include: [
        "events/**/*.ts",
        "functions/**/*.ts",
        "http/**/*.ts",
        "tracing/**/*.ts",
        "storage/**/*.ts",
        "history/**/*.ts",
        "local/**/*.ts",
        "settings/**/*.ts",
        "feed/**/*.ts",
      ],
      // test/page/page.test.ts tests the browser's code in a browser, where no lines are counted.
      exclude: ["**/*.test.ts", "**/testing/**", "storage/contract/**", "functions/pulse-query/page/browser/**"],
      reporter: ["text-summary", "json-summary"],
      thresholds: { lines: 90 },
    },
  },
});
