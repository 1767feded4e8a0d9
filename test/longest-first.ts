import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Parts of the paths of the tests that take longest, longest first. */
const LONG = [
  "test/page/page.test",
  "test/cassandra/single-node",
  "dashboards/rules/promtool",
  "test/charts/charts",
  "test/full-disk",
  "test/http-hosts",
  "local/main",
  "storage/cassandra/contract",
  "test/cassandra/security",
];

/**
 * Starts the tests that take longest first: a run must not end with one of them alone on an idle machine. Vitest itself orders by
 * the durations of earlier runs, which a fresh clone does not have, and one project after the other.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const found = LONG.findIndex((part) => moduleId.includes(part));
      return found === -1 ? LONG.length : found;
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}
