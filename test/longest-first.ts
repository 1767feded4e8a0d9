import { relative } from "node:path";

import { BaseSequencer, type TestSpecification } from "vitest/node";

/** How the paths begin of the tests that take longest, longest first: above 20 s, then those that start whole processes. */
const LONG = [
  "test/page/page.test",
  "test/cassandra/single-node",
  "storage/cassandra/contract",
  "test/cassandra/security",
  "test/http-hosts",
  "test/full-disk",
  "local/main",
  "dashboards/rules/promtool",
  "test/two-keepers",
  "test/cassandra/",
  "storage/cassandra/schema",
  "test/page/",
  "test/",
  "feed/",
  "local/",
];

/**
 * Starts the tests that take longest first: a run must not end with one of them alone on an idle machine. Vitest itself orders by
 * the durations of earlier runs, which a fresh clone does not have, and one project after the other. Tests that share processes
 * come last and together: Vitest ends such a process where a test follows that needs another one.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId, project }: TestSpecification) => {
      const path = relative(project.config.root, moduleId);
      const found = LONG.findIndex((part) => path.startsWith(part));
      const place = found === -1 ? LONG.length : found;
      return project.config.isolate ? place : LONG.length + 1 + place;
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}
