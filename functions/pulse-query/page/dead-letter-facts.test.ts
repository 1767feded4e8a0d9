import { describe, expect, it } from "vitest";
import type { DeadLetterView } from "../dead-letter-answers.ts";
import { dataToSend, describeWaiting, explainDetail, explainFault, originalOf } from "./browser/dead-letter-facts.ts";

function viewOf(event: Record<string, unknown>, correction?: unknown): DeadLetterView {
  const facts = {
    id: "a",
    reason: "invalid" as const,
    code: 400,
    destination: null,
    detail: null,
    time: "2026-01-02T03:04:05Z",
  };
  return { ...facts, services: [], faults: [], event, ...(correction !== undefined && { correction }) };
}

describe("the data of a dead letter", () => {
  it.each<[string, Record<string, unknown>, string]>([
    ["JSON", { data: { a: 1 } }, '{\n  "a": 1\n}'],
    ["JSON null", { data: null }, "null"],
    ["bytes that are text", { data_base64: Buffer.from("{größe").toString("base64") }, "{größe"],
    ["nothing", {}, ""],
  ])("are text when they were %s", (_, event, text) => {
    expect(originalOf(viewOf(event))).toBe(text);
    expect(dataToSend(viewOf(event))).toBe(text);
  });

  it("to send are those of the correction", () => {
    expect(dataToSend(viewOf({ data: { a: 1 } }, { b: 2 }))).toBe('{\n  "b": 2\n}');
  });
});

describe("a fault", () => {
  const pulses = [{ "a/b~c": "x".repeat(100) }, { latency_ms: -1 }];
  it.each([
    ["/data/pulses/1/latency_ms", "pulses/1/latency_ms", "-1"],
    ["/data/pulses/0/a~1b~0c", "pulses/0/a/b~c", `"${"x".repeat(59)}…`],
    ["/data/pulses/2/status", "pulses/2/status", "absent"],
    ["/data", "data", `{"pulses":[{"a/b~c":"${"x".repeat(39)}…`],
    ["/type", "/type", "absent"],
  ])("at %s names its place and its value", (pointer, place, value) => {
    const fault = { pointer, rule: "Expected something", got: "absent" };
    expect(explainFault(viewOf({ data: { pulses } }), fault)).toEqual({ place, value, rule: "Expected something" });
  });

  it("may lie where nothing can be looked up", () => {
    const fault = { pointer: "/data/metadata/constructor", rule: "Expected something", got: "number" };
    expect(explainFault(viewOf({ data_base64: "" }), fault).value).toBe("number");
  });

  it("is looked up in the correction", () => {
    const fault = { pointer: "/data/latency_ms", rule: "Expected something", got: "string" };
    expect(explainFault(viewOf({ data: { latency_ms: 1 } }, { latency_ms: "fast" }), fault).value).toBe('"fast"');
  });
});

describe("the last answer", () => {
  it.each<[NonNullable<DeadLetterView["detail"]>, string]>([
    ["The store is full", "The store is full"],
    [{ title: "Not found" }, "Not found"],
    [{ detail: "1 fault found.", errors: [{ pointer: "/a", rule: "Expected b" }] }, "1 fault found. /a: Expected b"],
    [{ errors: [{ pointer: "", rule: "Expected b" }] }, "the whole: Expected b"],
    [
      { title: "Bad", errors: [null, "b", { pointer: { toString: 1 }, rule: [] }, { pointer: "/a", rule: "c" }] },
      "Bad /a: c",
    ],
  ])("%j is said in words", (detail, words) => {
    expect(explainDetail(detail)).toBe(words);
  });
});

it.each([
  [0, false, "no dead letter waits"],
  [1, false, "1 dead letter waits"],
  [1200, true, "1,200+ dead letters wait"],
])("%i dead letters are said in words", (waiting, isMore, words) => {
  expect(describeWaiting({ waiting, is_more: isMore })).toBe(words);
});
