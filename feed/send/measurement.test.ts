import { describe, expect, it } from "vitest";
import { type Columns, columnsOf, type LineRules, readMeasurement } from "./measurement.ts";
import { parseTimestamp } from "./timestamp.ts";

const NOW = Date.parse("2026-03-01T12:00:00Z");
const COLUMNS: Columns = { timestamp: 0, value: 1 };

function rulesWith(changes: Partial<LineRules> = {}): LineRules {
  return {
    format: "ndjson",
    service: "checkout",
    status: undefined,
    shiftMs: 0,
    idOf: (line) => `file:${line}`,
    now: () => NOW,
    ...changes,
  };
}

const csvRules = rulesWith({ format: "csv", status: "ok" });

function pulseIn(text: string, rules: LineRules, columns?: Columns): unknown {
  const outcome = readMeasurement(text, 7, rules, columns);
  if (outcome.kind !== "pulse") throw new Error(JSON.stringify(outcome));
  return JSON.parse(outcome.measurement.json);
}

function faultIn(text: string, rules: LineRules, columns?: Columns): string {
  const outcome = readMeasurement(text, 7, rules, columns);
  return outcome.kind === "bad" ? outcome.reason : outcome.kind;
}

describe("parseTimestamp", () => {
  it.each([
    ["2014-03-07 03:41:00", "2014-03-07T03:41:00.000Z"],
    ["2014-03-07T03:41:00.5", "2014-03-07T03:41:00.500Z"],
    ["2014-03-07 03:41", "2014-03-07T03:41:00.000Z"],
    ["2014-03-07T03:41:00+02:00", "2014-03-07T01:41:00.000Z"],
    ["1394163660", "2014-03-07T03:41:00.000Z"],
    ["1394163660.1239", "2014-03-07T03:41:00.123Z"],
    ["1394163660.789", "2014-03-07T03:41:00.789Z"],
    ["1394163660789", "2014-03-07T03:41:00.789Z"],
    ["0", "1970-01-01T00:00:00.000Z"],
  ])("reads %s", (text, iso) => {
    expect(new Date(parseTimestamp(text) ?? Number.NaN).toISOString()).toBe(iso);
  });

  it.each(["", "today", "2014-02-30 00:00:00", "03/07/2014", "-5", "1e9", "2014-03-07"])("refuses %j", (text) => {
    expect(parseTimestamp(text)).toBeUndefined();
  });
});

describe("a CSV file's header", () => {
  it.each([
    ["timestamp,value", { timestamp: 0, value: 1 }],
    ['"Value", host ,TIMESTAMP', { timestamp: 2, value: 0 }],
  ])("%s says where the columns are", (header, columns) => {
    expect(columnsOf(header)).toEqual(columns);
  });

  it.each(["", "time,value", "2014-03-07 03:41:00,45.868", '"timestamp,value'])("%j is none", (header) => {
    expect(columnsOf(header)).toBeUndefined();
  });
});

describe("a line of CSV", () => {
  it("becomes a pulse", () => {
    expect(pulseIn("2026-03-01 11:00:00,45.868", csvRules, COLUMNS)).toEqual({
      service_name: "checkout",
      event_time: NOW - 3_600_000,
      latency_ms: 45.868,
      status: "ok",
      id: "file:7",
    });
  });

  it("may be quoted and have more columns", () => {
    const columns = { timestamp: 2, value: 0 };
    expect(pulseIn('"1.5","a, ""b""",2026-03-01T11:59:59Z', csvRules, columns)).toMatchObject({
      latency_ms: 1.5,
      event_time: NOW - 1000,
    });
  });

  it.each([
    ["2026-03-01 11:00:00", "Expected the columns timestamp and value"],
    ['2026-03-01 11:00:00,"4', "Expected the columns timestamp and value"],
    ["yesterday,4", /^Expected a timestamp .* got "yesterday"$/],
    ["2026-03-01 11:00:00,", 'Expected a number as value, got ""'],
    ["2026-03-01 11:00:00,0x10", 'Expected a number as value, got "0x10"'],
    ["2026-03-01 11:00:00,NaN", 'Expected a number as value, got "NaN"'],
    ["2026-03-01 11:00:00,-4", /^\/latency_ms: Expected milliseconds .* got number$/],
    ["2026-03-01 12:06:00,4", "/event_time: Expected a time at most 5 minutes ahead"],
  ])("%s is refused with the reason", (text, reason) => {
    expect(faultIn(text, csvRules, COLUMNS)).toMatch(reason);
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

  it("is dated where the rules ask for it", () => {
    expect(pulseIn('{"latency_ms":3,"status":"ok"}', rulesWith({ timeOfLine: () => NOW }))).toMatchObject({
      event_time: NOW,
    });
  });

  it.each([
    ["[]", "Expected a pulse: a JSON object"],
    ["7", "Expected a pulse: a JSON object"],
    ["{", "Expected a pulse as one line of JSON"],
    ['{"latency_ms":3}', /^\/status: Expected 1 to 64 characters, got absent$/],
    ['{"latency_ms":"3","status":"ok","x":1}', /^\/latency_ms: .*; \/x: Expected only/],
  ])("%s is refused with the reason", (text, reason) => {
    expect(faultIn(text, rulesWith())).toMatch(reason);
  });

  it("is passed over when it is blank", () => {
    expect(readMeasurement(" \t", 1, rulesWith())).toEqual({ kind: "blank" });
  });
});
