import { expect, it } from "vitest";
import { traceparentOf } from "./pulse.ts";
import { traceparentOfSpan } from "./span-identity.ts";

const TRACE = "5b8efff798038103d269b633813fc60c";
const SPAN = "eee19b7ec3c1b173";

it.each([
  ["/otlp", `${TRACE}:${SPAN}`, `00-${TRACE}-${SPAN}-01`],
  ["/zipkin", `${TRACE}:${SPAN}:SERVER`, `00-${TRACE}-${SPAN}-01`],
  ["/zipkin", `d269b633813fc60c:${SPAN}`, `00-0000000000000000d269b633813fc60c-${SPAN}-01`],
  ["/pulse", `${TRACE}:${SPAN}`, undefined],
  ["/otlp", "somebody's own id", undefined],
])("a pulse of %s with the id %s came as the span %s", (source, id, traceparent) => {
  expect(traceparentOfSpan({ source, id })).toBe(traceparent);
  expect(traceparentOf(traceparent)).toBe(traceparent);
});
