import { expect, it } from "vitest";
import { max, orZero, part, quantile, series, sum, withLabels } from "./promql.ts";

it.each([
  ["a metric", series("m"), "m"],
  ["a metric with matchers", series("m", 'a="1"', 'b="2"'), 'm{a="1",b="2"}'],
  ["a first matcher", withLabels("m", 'a="1"'), 'm{a="1"}'],
  ["a further matcher", withLabels('m{a=~"1.+"}', 'b="2"'), 'm{a=~"1.+",b="2"}'],
  ["a part of a histogram", part("m", "count"), "m_count"],
  ["a part of a histogram with matchers", part('m{a="1"}', "sum"), 'm_sum{a="1"}'],
  ["a sum of all", sum("m"), "sum(m)"],
  ["a maximum by labels", max("m", ["a", "b"]), "max by (a, b) (m)"],
  ["a count that may be none", orZero("m"), "(m) or vector(0)"],
  [
    "a quantile by a label",
    quantile(0.9, 'm{a="1"}', "5m", ["b"]),
    'histogram_quantile(0.9, sum by (le, b) (rate(m_bucket{a="1"}[5m])))',
  ],
])("writes %s", (_, written, expected) => expect(written).toBe(expected));
