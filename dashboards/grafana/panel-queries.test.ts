import { expect, it } from "vitest";
import { maxBy, meanAndP99, percentiles, perSecondBy } from "./panel-queries.ts";

it.each([
  ["a rate by a label", [perSecondBy("job", "m")], ["{{job}}"]],
  ["a rate by a label, with an ending", [perSecondBy("pod", "m", "hints/s")], ["{{pod}} hints/s"]],
  ["the largest value by a label", [maxBy("pod", "m", "write")], ["{{pod}} write"]],
  ["a histogram's quantiles", percentiles("m"), ["p50", "p90", "p99"]],
  ["other quantiles by a label", percentiles("m", { of: [0.95], by: ["function"] }), ["{{function}} p95"]],
  ["a histogram of sizes", meanAndP99("m"), ["mean", "p99"]],
])("names the curves of %s", (_, queries, legends) => {
  expect(queries.map(([, legend]) => legend)).toEqual(legends);
});
