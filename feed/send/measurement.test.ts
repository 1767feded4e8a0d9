import { describe, expect, it } from "vitest";
import type { CsvLayout } from "./csv.ts";
import { readHeader } from "./csv-header.ts";
import { type LineRules, readMeasurement } from "./measurement.ts";

const NOW = Date.parse("2026-03-01T12:00:00Z");

function layoutOf(header: string): CsvLayout {
  return readHeader(header, { separator: undefined, decimal: ".", columns: undefined, where: undefined });
}

const LAYOUT = layoutOf("timestamp,value");

function rulesWith(changes: Partial<LineRules> = {}): LineRules {
  return {
    format: "ndjson",
    service: "checkout",
    status: undefined,
    statuses: new Map(),
    shiftMs: 0,
    idOf: (line) => `file:${line}`,
    now: () => NOW,
    ...changes,
  };
}

const csvRules = rulesWith({ format: "csv" });

function pulseIn(text: string, rules: LineRules, layout?: CsvLayout): unknown {
  const outcome = readMeasurement(text, 7, rules, layout);
  if (outcome.kind !== "pulse") throw new Error(JSON.stringify(outcome));
  return JSON.parse(outcome.measurement.json);
}

function faultIn(text: string, rules: LineRules, layout?: CsvLayout): string {
  const outcome = readMeasurement(text, 7, rules, layout);
  return outcome.kind === "bad" ? outcome.reason : outcome.kind;
}

describe("a line of CSV", () => {
  it("becomes a pulse", () => {
    expect(pulseIn("2026-03-01 11:00:00,45.868", csvRules, LAYOUT)).toEqual({
      service_name: "checkout",
      event_time: NOW - 3_600_000,
      latency_ms: 45.868,
      status: "ok",
      id: "file:7",
    });
  });

  it("may be quoted and have more columns", () => {
    const layout = layoutOf("value,metadata.note,timestamp");
    expect(pulseIn('"1.5","a, ""b""",2026-03-01T11:59:59Z', csvRules, layout)).toMatchObject({
      latency_ms: 1.5,
      event_time: NOW - 1000,
      metadata: { note: 'a, "b"' },
    });
  });

  it("is never ok for want of a status, where a column has the statuses", () => {
    const layout = layoutOf("timestamp,value,status");
    expect(pulseIn("2026-03-01 11:00:00,4,503", csvRules, layout)).toMatchObject({ status: "503" });
    expect(faultIn("2026-03-01 11:00:00,4,", csvRules, layout)).toMatch(/^\/status: Expected .* got absent$/);
    expect(pulseIn("2026-03-01 11:00:00,4,", { ...csvRules, status: "error" }, layout)).toMatchObject({
      status: "error",
    });
  });

  it.each([
    ["2026-03-01 11:00:00", /^Expected 2 cells, as many as the first line has, got 1$/],
    ["2026-03-01 11:00:00,12,5", /got 3: a cell that holds "," needs quotes$/],
    ["2026-03-01 11:00:00,1,234.5", /got 3: a cell that holds "," needs quotes$/],
    ['2026-03-01 11:00:00,"12,5"', 'Expected a number as value, got "12,5": with a decimal comma add --decimal ,'],
    ['2026-03-01 11:00:00,"4', "Expected quotes around a whole cell that ends on its line"],
    ["yesterday,4", /^Expected a time as .* got "yesterday"$/],
    ["2026-03-01 11:00:00,", 'Expected a number as value, got ""'],
    ["2026-03-01 11:00:00,0x10", 'Expected a number as value, got "0x10"'],
    ["2026-03-01 11:00:00,NaN", 'Expected a number as value, got "NaN"'],
    ["2026-03-01 11:00:00,-4", /^\/latency_ms: Expected milliseconds .* got number$/],
    ["2026-03-01 12:06:00,4", "/event_time: Expected a time at most 5 minutes ahead, got 2026-03-01T12:06:00.000Z"],
  ])("%s is refused with the reason", (text, reason) => {
    expect(faultIn(text, csvRules, LAYOUT)).toMatch(reason);
  });
});

describe("a line of NDJSON", () => {
  it("keeps what it says and gets the rest from the rules", () => {
    const line = { latency_ms: 3, status: "slow", service_name: "own", id: "own-1", metadata: { a: "b" } };
    expect(pulseIn(JSON.stringify(line), rulesWith({ status: "ok" }))).toEqual(line);
    expect(pulseIn('{"latency_ms":3}', rulesWith({ status: "ok" }))).toEqual({
      latency_ms: 3,
      status: "ok",
      service_name: "checkout",
      id: "file:7",
    });
  });

  it("is shifted only where it names a time", () => {
    const rules = rulesWith({ shiftMs: 1000 });
    expect(pulseIn('{"latency_ms":3,"status":"ok","event_time":"2026-03-01T10:00:00Z"}', rules)).toMatchObject({
      event_time: NOW - 7_199_000,
    });
    expect(pulseIn('{"latency_ms":3,"status":"ok"}', rules)).not.toHaveProperty("event_time");
  });

  it.each([
    ["seconds", "1772359200", 0],
    ["seconds with a fraction", "1772359200.25", 250],
    ["milliseconds", "1772359200250", 250],
    ["microseconds", "1772359200250000", 250],
    ["nanoseconds", "1772359200250000000", 250],
    ["a text without an offset", '"2026-03-01 10:00:00,250"', 250],
    ["a text with +0000", '"2026-03-01T10:00:00.25+0000"', 250],
  ])("may have its time in %s", (_, time, ms) => {
    expect(pulseIn(`{"latency_ms":3,"status":"ok","event_time":${time}}`, rulesWith())).toMatchObject({
      event_time: NOW - 7_200_000 + ms,
    });
  });

  it("counts a field that is null as left out", () => {
    const line = '{"latency_ms":3,"service_name":null,"status":null,"id":null,"event_time":null,"metadata":null}';
    const pulse = { latency_ms: 3, service_name: "checkout", status: "ok", id: "file:7" };
    expect(pulseIn(line, rulesWith({ status: "ok" }))).toEqual(pulse);
    expect(pulseIn(line, rulesWith({ status: "ok", timeOfLine: () => NOW }))).toEqual({ ...pulse, event_time: NOW });
  });

  it("may have another status than it says", () => {
    const rules = rulesWith({ statuses: new Map([["0", "error"]]) });
    expect(pulseIn('{"latency_ms":3,"status":"0"}', rules)).toMatchObject({ status: "error" });
    expect(pulseIn('{"latency_ms":3,"status":"200"}', rules)).toMatchObject({ status: "200" });
  });

  it("is dated where the rules ask for it", () => {
    expect(pulseIn('{"latency_ms":3,"status":"ok"}', rulesWith({ timeOfLine: () => NOW }))).toMatchObject({
      event_time: NOW,
    });
  });

  it.each([
    ["[]", "Expected a pulse: a JSON object"],
    ["7", "Expected a pulse: a JSON object"],
    ["{", "Expected a pulse as one line of JSON"],
    ['{"latency_ms":3,"status":"ok","event_time":"soon"}', /^Expected a time as .* got "soon"$/],
    ['{"latency_ms":3,"status":"ok","event_time":1e21}', /^Expected a time as .* got "1e\+21"$/],
    ['{"latency_ms":3,"status":"ok","event_time":true}', /^\/event_time: Expected an RFC 3339 time/],
    ['{"latency_ms":3}', /^\/status: Expected text of 1 to 64 characters, or a number, got absent$/],
    ['{"latency_ms":"3","status":"ok","x":1}', /^\/latency_ms: .*; \/x: Expected only/],
  ])("%s is refused with the reason", (text, reason) => {
    expect(faultIn(text, rulesWith())).toMatch(reason);
  });

  it("is passed over when it is blank", () => {
    expect(readMeasurement(" \t", 1, rulesWith())).toEqual({ kind: "blank" });
  });
});
