import { expect, it } from "vitest";
import { isLoaded } from "./watch.ts";

it.each([
  ["pulse-query/page/browser/main.tsx", true],
  ["pulse-query/page/browser/page.css", true],
  ["cassandra/schema/1.cql", true],
  ["pulse.ts", true],
  ["pulse.test.ts", false],
  ["testing/broker.ts", false],
  ["contract/suite.ts", false],
  ["pulse.ts~", false],
  [".pulse.ts.swp", false],
])("a change of %s restarts a process: %s", (file, expected) => {
  expect(isLoaded(file)).toBe(expected);
});
