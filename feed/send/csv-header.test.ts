import { describe, expect, it } from "vitest";
import { readRow } from "./csv.ts";
import { type CsvOptions, leftOutBy, readHeader } from "./csv-header.ts";

const PLAIN: CsvOptions = { separator: undefined, decimal: ".", columns: undefined, where: undefined };

function optionsWith(changes: Partial<CsvOptions>): CsvOptions {
  return { ...PLAIN, ...changes };
}

const TIMED = new Map([
  ["event_time", "timestamp"],
  ["latency_ms", "duration"],
]);

describe("the first line of CSV", () => {
  it.each<[string, string, Record<string, number>]>([
    ["timestamp,value", ",", { event_time: 0, latency_ms: 1 }],
    ['"Value", STATUS ,TIMESTAMP', ",", { latency_ms: 0, status: 1, event_time: 2 }],
    ["event_time;latency_ms", ";", { event_time: 0, latency_ms: 1 }],
    ["id\tvalue\ttimestamp\tservice_name", "\t", { id: 0, latency_ms: 1, event_time: 2, service_name: 3 }],
    ["timestamp,value,metadata.Host", ",", { event_time: 0, latency_ms: 1, "metadata.Host": 2 }],
    ['timestamp;value;"metadata.a;b"', ";", { event_time: 0, latency_ms: 1, "metadata.a;b": 2 }],
  ])("%s says where the columns are", (line, separator, fields) => {
    const layout = readHeader(line, PLAIN);
    expect({ separator: layout.separator, fields: Object.fromEntries(layout.fields) }).toEqual({ separator, fields });
  });

  it("may have columns of other names, where the options name them", () => {
    const layout = readHeader("host,Duration,timestamp,status", optionsWith({ columns: TIMED }));
    expect([...layout.fields]).toEqual([
      ["event_time", 2],
      ["latency_ms", 1],
    ]);
    expect(leftOutBy(layout)).toEqual(["host", "status"]);
  });

  it("may have another separator", () => {
    expect(readHeader("timestamp|value", optionsWith({ separator: "|" }))).toMatchObject({
      names: ["timestamp", "value"],
    });
  });

  it.each<[string, Partial<CsvOptions>, string]>([
    ["", {}, 'columns timestamp and value, got "": name its columns with --columns timestamp=COLUMN,value=COLUMN,'],
    ["time,value", {}, 'columns timestamp and value, got "time,value": name its columns with --columns'],
    ["timestamp|value", {}, "and its separator with --separator if that is not a comma"],
    ["2014-03-07 03:41:00,45.868", {}, 'got "2014-03-07 03:41:00,45.868": add "timestamp,value" as its first line'],
    ["1394163660;45,868", {}, 'got "1394163660;45,868": add "timestamp,value" as its first line'],
    ['"timestamp,value', {}, 'got "\\"timestamp,value"'],
    ["a,duration", { columns: TIMED }, 'names the columns timestamp and duration, got "a,duration"'],
    ["timestamp,value", { where: ["metric", "x"] }, "names the columns timestamp, value and metric, got"],
    ["timestamp,value,value", {}, "Expected a column only once in the first line, got value twice."],
    ["timestamp,event_time,value", {}, "Expected one column for event_time, got timestamp and event_time: choose with"],
    [
      "timestamp,value,http status,it's",
      {},
      `got also "http status" and "it's": name what to take, as in --columns 'timestamp,value,metadata.http status=http status,metadata.it'\\''s=it'\\''s'`,
    ],
  ])("%j is refused, with what it was and what to do", (line, changes, message) => {
    expect(() => readHeader(line, optionsWith(changes))).toThrow(message);
  });
});

describe("a row of CSV", () => {
  it.each<[string, Partial<CsvOptions>, object | undefined]>([
    ["a,1.5,7", { columns: TIMED }, { event_time: "7", latency_ms: 1.5 }],
    ["b,1.5,7", { columns: TIMED, where: ["kind", "a"] }, undefined],
    [" a ,1.5,7", { columns: TIMED, where: ["KIND", "a"] }, { event_time: "7", latency_ms: 1.5 }],
    ['a,"1,5",7', { columns: TIMED, decimal: "," }, { event_time: "7", latency_ms: 1.5 }],
    [
      'a,1,""',
      { columns: new Map([...TIMED, ["metadata.__proto__", "kind"], ["metadata.when", "timestamp"]]) },
      { event_time: "", latency_ms: 1, metadata: { ["__proto__"]: "a" } },
    ],
  ])("%j becomes fields", (line, changes, fields) => {
    expect(readRow(line, readHeader("kind,duration,timestamp", optionsWith(changes)))).toEqual(fields);
  });

  it.each(["1.234,5", "1.5", "1,2,3", ""])("has no number in %j with a decimal comma", (text) => {
    const layout = readHeader("timestamp;value", optionsWith({ decimal: "," }));
    expect(readRow(`7;${text}`, layout)).toBe(`Expected a number as value, got "${text}"`);
  });
});
